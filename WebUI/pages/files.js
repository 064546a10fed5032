/**
 * The files to share: listed with name, type and size, and taken off the list again.
 */

import { fileItem } from "../keylink/client.js";
import { gatherFiles } from "./gather.js";
import { label, message, say } from "./messages.js";
import { isNameless, sendableName, sendableType, stamped } from "./names.js";
import { byId, find, stamp } from "./page.js";
import { size } from "./units.js";

/** @typedef {{file: File, name: string, changed: boolean}} Listed `changed`: the file's own name cannot travel */

export class FileChooser {
  #input = byId("files", HTMLInputElement);
  #list = byId("file-list", HTMLElement);
  #total = byId("file-total", HTMLElement);
  #folder = byId("folder-note", HTMLElement);
  #changed;
  /** @type {Listed[]} */ #listed = [];

  /** @param {() => void} changed @param {() => boolean} isWanted whether files are taken right now */
  constructor(changed, isWanted) {
    this.#changed = changed;
    gatherFiles(this.#input, {
      isWanted,
      onFiles: (files, pasted) => this.#add(files, pasted),
      onFolder: (name) => {
        say(this.#folder, "create.folder", { name });
        this.#folder.hidden = false;
      },
    });
  }

  /** @returns {number} */
  get count() {
    return this.#listed.length;
  }

  /** @returns {import("../keylink/envelope.js").ItemSource[]} */
  items() {
    return this.#listed.map(({ file, name }) => {
      const { type, ...item } = fileItem(file);
      return { ...item, name, ...(type && sendableType(type) && { type }) };
    });
  }

  clear() {
    this.#listed = [];
    this.#render();
  }

  /** @param {File[]} files @param {boolean} pasted */
  #add(files, pasted) {
    const isListed = (/** @type {File} */ file) =>
      this.#listed.some(
        ({ file: other }) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified,
      );
    for (const file of files.filter((file) => !isListed(file))) {
      const own = pasted && isNameless(file) ? nameForPasted(file) : file.name;
      const name = sendableName(own);
      this.#listed.push({ file, name, changed: name !== own });
    }
    this.#render();
    this.#changed();
  }

  /** @param {number} index */
  #remove(index) {
    this.#listed.splice(index, 1);
    this.#render();
    this.#changed();
    const buttons = this.#list.querySelectorAll("button");
    (buttons[Math.min(index, buttons.length - 1)] ?? this.#input).focus();
  }

  #render() {
    this.#folder.hidden = true;
    this.#list.replaceChildren(...this.#listed.map((listed, index) => this.#row(listed, index)));
    const count = this.#listed.length;
    const octets = this.#listed.reduce((sum, { file }) => sum + file.size, 0);
    if (count === 0) say(this.#total, "create.filesHint");
    else say(this.#total, "create.filesTotal", () => ({ count, size: size(octets) }));
  }

  /** @param {Listed} listed @param {number} index @returns {Element} */
  #row({ file, name, changed }, index) {
    const row = stamp("chosen-file");
    const type = sendableType(file.type);
    find(row, "bdi", HTMLElement).textContent = name;
    const about = find(row, ".about", HTMLElement);
    if (type) say(about, "create.typeAndSize", () => ({ type, size: size(file.size) }));
    else say(about, "create.sizeAlone", () => ({ size: size(file.size) }));
    find(row, "[data-message='create.renamed']", HTMLElement).hidden = !changed;
    const remove = find(row, "button", HTMLButtonElement);
    label(remove, "create.remove", { name });
    remove.addEventListener("click", () => this.#remove(index));
    return row;
  }
}

/** @param {File} file @returns {string} that tells it from the next one; without the marks that keep a sentence in order */
function nameForPasted(file) {
  const ending = file.name.slice(file.name.lastIndexOf("."));
  const name = message("create.pastedName", { time: stamped(new Date(file.lastModified)) });
  return `${name.replace(/[\u2066-\u2069]/g, "")}${ending}`;
}
