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
  /** @type {Row[]} */ #rows;
  #ways;
  #all;

  /**
   * @param {FileContent[]} files @param {import("../keylink/kept.js").Kept} kept @param {import("./saving.js").Ways} ways
   * @param {{alone: boolean}} options the files are all there is to the secret
   */
  constructor(files, kept, ways, { alone }) {
    this.element = stamp("opened-files");
    this.#ways = ways;
    label(this.element, alone ? "opened.secret" : "opened.files");
    this.#rows = files.map((file) => new Row(file, kept, ways));
    find(this.element, "ul", HTMLElement).append(...this.#rows.map((row) => row.element));
    find(this.element, ".kept", HTMLElement).hidden = !kept.onDisk;
    this.#all = find(this.element, ".save-all", HTMLButtonElement);
    find(this.element, ".actions", HTMLElement).hidden = files.length < 2;
    this.#all.addEventListener("click", () => void this.#saveAll());
    if (alone && files.length === 1) this.#rows[0].makePrimary();
  }

  /** @returns {boolean} whether something would be lost with the page */
  get unsaved() {
    return this.#rows.some((row) => !row.saved);
  }

  async #saveAll() {
    const rows = this.#rows.filter((row) => !row.saving);
    this.#all.disabled = true;
    let at = 0;
    try {
      await this.#ways.saveAll(
        rows.map((row) => row.source()),
        (next) => {
          at = next;
          return rows[at].begin();
        },
        (done, saved) => rows[done].end(saved),
      );
    } catch (error) {
      rows[at].fail(error);
    } finally {
      this.#all.disabled = false;
    }
  }
}

/** One file. */
class Row {
  element;
  saved = false;
  /** @type {AbortController | null} */ saving = null;
  #file;
  #kept;
  #ways;
  #button;
  #label;
  #state;
  #bar;

  /** @param {FileContent} file @param {import("../keylink/kept.js").Kept} kept @param {import("./saving.js").Ways} ways */
  constructor(file, kept, ways) {
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

  /** @param {Saved} saved */
  end({ handed, name }) {
    this.saved = true;
    this.#rest();
    const shown = document.createElement("bdi");
    shown.textContent = name;
    say(this.#state, handed ? "opened.handed" : "opened.saved", { name: shown });
  }

  /** @param {unknown} error */
  fail(error) {
    this.#rest();
    if (wasStopped(error)) return;
    const full = error instanceof DOMException && error.name === "QuotaExceededError";
    say(this.#state, full ? "opened.saveNoRoom" : "opened.saveFailed");
    this.#state.classList.add("problem");
  }

  /** The browser asks where to, at once: nothing may be waited for before. */
  async #save() {
    try {
      const saving = this.begin();
      this.end(await this.#ways.save(this.source(), saving));
    } catch (error) {
      this.fail(error);
    }
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
      if (shown) shown.close();
      shown = shown || !open ? null : await this.#look(open);
      if (shown) place.replaceChildren(shown.element);
      place.hidden = !shown;
      button.setAttribute("aria-expanded", String(shown !== null));
    });
  }

  /** @param {NonNullable<ReturnType<typeof previewOf>>} open */
  async #look(open) {
    const { at } = this.#file;
    return await open(async (length) => {
      const parts = [];
      for await (const piece of this.#kept.read({ at, length })) parts.push(piece);
      return concat(...parts);
    });
  }
}
