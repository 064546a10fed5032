/**
 * The files that were opened: looked at, saved one by one or all at once. Their names are a stranger's.
 */

import { concat } from "../keylink/bytes.js";
import { label, say, write } from "./messages.js";
import { find, stamp } from "./page.js";
import { previewOf } from "./preview.js";
import { wasStopped } from "./problems.js";
import { size } from "./units.js";

/** @typedef {import("./contents.js").FileContent} FileContent */
/** @typedef {import("./saving.js").Saved} Saved */

export class Received {
  element;
  /** @type {Promise<void>} each file was saved */ had;
  /** @type {Row[]} */ #rows;
  #ways;
  #kept;
  #all;
  #left;
  /** @type {() => void} */ #has = () => undefined;

  /**
   * @param {FileContent[]} files @param {import("../keylink/kept.js").Kept} kept @param {import("./saving.js").Ways} ways
   * @param {{alone: boolean}} options the files are all there is to the secret
   */
  constructor(files, kept, ways, { alone }) {
    this.element = stamp("opened-files");
    this.#ways = ways;
    this.#kept = kept;
    this.had = new Promise((resolve) => {
      this.#has = resolve;
    });
    label(this.element, alone ? "opened.secret" : "opened.files");
    this.#rows = files.map((file) => new Row(file, kept, ways, () => this.#settle()));
    find(this.element, "ul", HTMLElement).append(...this.#rows.map((row) => row.element));
    find(this.element, ".kept", HTMLElement).hidden = !kept.onDisk;
    this.#all = find(this.element, ".save-all", HTMLButtonElement);
    this.#left = find(this.element, ".left", HTMLElement);
    find(this.element, ".actions", HTMLElement).hidden = files.length < 2;
    this.#all.addEventListener("click", () => void this.#saveAll());
    if (alone && files.length === 1) this.#rows[0].makePrimary();
  }

  /** All that there are; once some could not be saved, those alone. */
  async #saveAll() {
    const free = this.#rows.filter((row) => !row.saving);
    const rows = this.#left.hidden ? free : free.filter((row) => !row.saved);
    this.#all.disabled = true;
    try {
      await this.#ways.saveAll(
        rows.map((row) => row.source()),
        (at) => rows[at].begin(),
        (at, saving) => rows[at].follow(saving),
      );
      const count = rows.filter((row) => !row.saved).length;
      this.#left.hidden = count === 0;
      if (count > 0) say(this.#left, "opened.saveAllLeft", { count });
    } catch (error) {
      if (!wasStopped(error)) throw error;
    } finally {
      this.#all.disabled = false;
    }
  }

  /** A file came to rest. What the disk keeps is let go of once nothing is left to be done with it. */
  #settle() {
    if (this.#rows.some((row) => !row.saved || row.busy)) return;
    if (this.#kept.onDisk) this.#retire();
    this.#has();
  }

  #retire() {
    const note = find(this.element, ".kept", HTMLElement);
    const focused = this.element.contains(document.activeElement);
    for (const row of this.#rows) row.retire();
    find(this.element, ".actions", HTMLElement).hidden = true;
    say(note, "opened.keptGone");
    if (focused) note.focus();
  }
}

/** One file. */
class Row {
  element;
  saved = false;
  /** @type {AbortController | null} */ saving = null;
  #looking = false;
  #retired = false;
  #settled;
  #file;
  #kept;
  #ways;
  #button;
  #label;
  #state;
  #bar;

  /**
   * @param {FileContent} file @param {import("../keylink/kept.js").Kept} kept @param {import("./saving.js").Ways} ways
   * @param {() => void} settled called whenever nothing is being done with it any more
   */
  constructor(file, kept, ways, settled) {
    this.#settled = settled;
    this.element = stamp("opened-file");
    this.#file = file;
    this.#kept = kept;
    this.#ways = ways;
    find(this.element, "bdi", HTMLElement).textContent = file.name;
    const about = find(this.element, ".about", HTMLElement);
    if (file.type) say(about, "opened.typeAndSize", () => ({ type: file.type ?? "", size: size(file.size) }));
    else write(about, () => size(file.size));
    this.#state = find(this.element, "[role=status]", HTMLElement);
    this.#bar = find(this.element, "progress", HTMLProgressElement);
    label(this.#bar, "opened.savingName", { name: file.name });
    this.#button = find(this.element, ".save", HTMLButtonElement);
    this.#label = find(this.#button, "span", HTMLElement);
    this.#button.addEventListener("click", () => (this.saving ? this.saving.abort() : void this.#save()));
    this.#offer("opened.save", "opened.saveName");
    this.#offerPreview();
  }

  /** @returns {boolean} whether what is kept of it is being read */
  get busy() {
    return this.saving !== null || this.#looking;
  }

  makePrimary() {
    this.#button.classList.add("primary");
  }

  /** @returns {import("./saving.js").Source} */
  source() {
    const { name, at, size: length } = this.#file;
    return { name, size: length, pieces: () => this.#kept.read({ at, length }) };
  }

  /** @returns {import("./saving.js").Saving} */
  begin() {
    this.saving = new AbortController();
    this.#offer("opened.stop", "opened.stopName");
    this.#state.textContent = "";
    this.#state.classList.remove("problem");
    this.element.classList.add("saving");
    this.#bar.hidden = false;
    const whole = Math.max(1, this.#file.size);
    return {
      signal: this.saving.signal,
      onProgress: (done) => {
        this.#bar.value = done / whole;
      },
    };
  }

  /** Says how it ended. @param {Promise<Saved>} saving */
  async follow(saving) {
    try {
      this.#end(await saving);
    } catch (error) {
      this.#fail(error);
    }
    this.#settled();
  }

  /** There is nothing left to read it from; a look that is open stays until it is closed. */
  retire() {
    this.#retired = true;
    this.#button.hidden = true;
    const look = find(this.element, ".look", HTMLButtonElement);
    look.hidden ||= look.getAttribute("aria-expanded") !== "true";
  }

  /** @param {Saved} saved */
  #end({ handed, name }) {
    this.saved = true;
    this.#rest();
    const shown = document.createElement("bdi");
    shown.textContent = name;
    say(this.#state, handed ? "opened.handed" : "opened.saved", { name: shown });
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#rest();
    const full = error instanceof DOMException && error.name === "QuotaExceededError";
    say(this.#state, wasStopped(error) ? "opened.stopped" : full ? "opened.saveNoRoom" : "opened.saveFailed");
    this.#state.classList.toggle("problem", !wasStopped(error));
  }

  /** The browser asks where to, at once: nothing may be waited for before. */
  async #save() {
    await this.follow(this.#ways.save(this.source(), this.begin()));
  }

  #rest() {
    this.saving = null;
    this.element.classList.remove("saving");
    this.#bar.hidden = true;
    this.#bar.removeAttribute("value");
    this.#offer("opened.save", "opened.saveName");
  }

  /** @param {string} text @param {string} name both are keys */
  #offer(text, name) {
    say(this.#label, text);
    label(this.#button, name, { name: this.#file.name });
  }

  #offerPreview() {
    const button = find(this.element, ".look", HTMLButtonElement);
    const place = find(this.element, ".preview", HTMLElement);
    const open = previewOf(this.#file);
    button.hidden = open === null;
    label(button, "opened.previewName", { name: this.#file.name });
    /** @type {import("./preview.js").Preview | null} */
    let shown = null;
    button.addEventListener("click", async () => {
      const opens = shown === null;
      shown?.close();
      shown = open && opens ? await this.#look(open) : null;
      button.hidden = this.#retired && !shown;
      if (shown) place.replaceChildren(shown.element);
      place.hidden = !shown;
      button.setAttribute("aria-expanded", String(shown !== null));
    });
  }

  /** @param {NonNullable<ReturnType<typeof previewOf>>} open */
  async #look(open) {
    const { at } = this.#file;
    this.#looking = true;
    try {
      return await open(async (length) => {
        const parts = [];
        for await (const piece of this.#kept.read({ at, length })) parts.push(piece.slice());
        return concat(...parts);
      });
    } finally {
      this.#looking = false;
      this.#settled();
    }
  }
}
