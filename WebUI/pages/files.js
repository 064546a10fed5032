/**
 * The files to share: chosen, dropped or pasted, listed, and taken off the list again.
 */

import { message } from "./messages.js";
import { byId, find, stamp } from "./page.js";
import { size } from "./units.js";

export class FileChooser {
  #input = byId("files", HTMLInputElement);
  #list = byId("file-list", HTMLElement);
  #total = byId("file-total", HTMLElement);
  #changed;
  /** @type {File[]} */ #files = [];

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
    this.#input.addEventListener("change", () => {
      this.#add(this.#input.files);
      this.#input.value = ""; // so that the same file can be chosen again after it was taken off
    });
    document.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) event.preventDefault();
      this.#add(event.clipboardData?.files ?? null);
    });
    this.#takeDrops();
  }

  /** @returns {readonly File[]} */
  get files() {
    return this.#files;
  }

  /** @returns {number} octets of all */
  get size() {
    return this.#files.reduce((sum, file) => sum + file.size, 0);
  }

  clear() {
    this.#files = [];
    this.#render();
  }

  /** Anywhere on the page: whoever drags does not aim, and a file that the browser opens instead is the page lost. */
  #takeDrops() {
    let depth = 0;
    /** @param {DragEvent} event */
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
    /** @param {number} to */
    const entered = (to) => {
      depth = Math.max(0, to);
      document.body.classList.toggle("dropping", depth > 0);
    };
    document.addEventListener("dragenter", (event) => carriesFiles(event) && entered(depth + 1));
    document.addEventListener("dragleave", (event) => carriesFiles(event) && entered(depth - 1));
    document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      entered(0);
      this.#add(event.dataTransfer?.files ?? null);
    });
  }

  /** @param {FileList | null} chosen */
  #add(chosen) {
    if (!chosen?.length) return;
    const isListed = (/** @type {File} */ file) =>
      this.#files.some(
        (other) => other.name === file.name && other.size === file.size && other.lastModified === file.lastModified,
      );
    this.#files.push(...[...chosen].filter((file) => !isListed(file)));
    this.#render();
    this.#changed();
  }

  /** @param {number} index */
  #remove(index) {
    this.#files.splice(index, 1);
    this.#render();
    this.#changed();
    const buttons = this.#list.querySelectorAll("button");
    (buttons[Math.min(index, buttons.length - 1)] ?? this.#input).focus();
  }

  #render() {
    this.#list.replaceChildren(...this.#files.map((file, index) => this.#row(file, index)));
    this.#total.textContent =
      this.#files.length === 0
        ? message("create.filesHint")
        : message("create.filesTotal", { count: this.#files.length, size: size(this.size) });
  }

  /** @param {File} file @param {number} index @returns {Element} */
  #row(file, index) {
    const row = stamp("chosen-file");
    find(row, "bdi", HTMLElement).textContent = file.name;
    find(row, ".about", HTMLElement).textContent = size(file.size);
    const remove = find(row, "button", HTMLButtonElement);
    remove.setAttribute("aria-label", message("create.remove", { name: file.name }));
    remove.addEventListener("click", () => this.#remove(index));
    return row;
  }
}
