/**
 * What came out of an envelope, on the page. Names, types and text are a stranger's: they are only ever shown as text.
 */

import { copies } from "./clipboard.js";
import { message } from "./messages.js";
import { find, stamp } from "./page.js";
import { size } from "./units.js";

/** How long a saved Blob's address has to live, in milliseconds: browsers start to read it some time after the click. */
const SAVING = 60_000;

/** From so many characters on a text is shown in the direction of its first letter, as a whole. */
const LONG_TEXT = 100_000;
const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** @typedef {{kind: 'text', text: string} | {kind: 'file', name: string, type: string | null, blob: Blob}} Content */

/**
 * Reads all of it into memory and Blobs, which browsers keep on disk where they grow large.
 * @param {AsyncIterable<import('../keylink/envelope.js').Item>} items
 * @returns {Promise<Content[]>} only once everything was verified
 * @throws {import('../keylink/errors.js').KeylinkError}
 */
export async function collect(items) {
  /** @type {Content[]} */
  const contents = [];
  for await (const item of items) {
    if (item.kind === "text") contents.push({ kind: "text", text: await item.text() });
    else contents.push({ kind: "file", name: item.name ?? "", type: item.type, blob: await blobOf(item.stream) });
  }
  return contents;
}

/** Never with the sender's type: a Blob that says it is HTML could be opened as a document of this site. @param {ReadableStream<Uint8Array>} stream */
async function blobOf(stream) {
  const blob = await new Response(stream).blob();
  return new Blob([blob], { type: "application/octet-stream" });
}

export class Contents {
  /** @type {Set<Content>} */ #unsaved;

  /** @param {HTMLElement} root @param {Content[]} contents */
  constructor(root, contents) {
    const texts = contents.filter((content) => content.kind === "text");
    const files = contents.filter((content) => content.kind === "file");
    this.#unsaved = new Set(files);
    root.replaceChildren(...texts.map(showText));
    if (files.length > 0) root.append(this.#listOf(files, texts.length === 0));
  }

  /** @returns {boolean} whether something would be lost with the page that reading alone does not keep */
  get unsaved() {
    return this.#unsaved.size > 0;
  }

  /** @param {Extract<Content, {kind: 'file'}>[]} files @param {boolean} alone the files are all there is to the secret @returns {Element} */
  #listOf(files, alone) {
    const section = document.createElement("section");
    section.className = "received";
    section.setAttribute("aria-label", message(alone ? "opened.secret" : "opened.files"));
    const list = document.createElement("ul");
    list.className = "files";
    list.append(...files.map((file) => this.#rowOf(file)));
    section.append(list);
    return section;
  }

  /** @param {Extract<Content, {kind: 'file'}>} file @returns {Element} */
  #rowOf(file) {
    const row = stamp("opened-file");
    const { name, type, blob } = file;
    find(row, "bdi", HTMLElement).textContent = name;
    find(row, ".about", HTMLElement).textContent = type
      ? message("opened.typeAndSize", { type, size: size(blob.size) })
      : size(blob.size);
    const button = find(row, "button", HTMLButtonElement);
    button.setAttribute("aria-label", message("opened.saveName", { name }));
    button.addEventListener("click", () => {
      save(blob, name);
      this.#unsaved.delete(file);
    });
    return row;
  }
}

/** @param {Extract<Content, {kind: 'text'}>} content @returns {Element} */
function showText({ text }) {
  const element = stamp("opened-text");
  const shown = find(element, "pre", HTMLElement);
  // Each line finds its own direction, which takes a browser quadratic time in a line of megabytes.
  if (text.length > LONG_TEXT) shown.dir = RIGHT_TO_LEFT.test(text.slice(0, LONG_TEXT)) ? "rtl" : "ltr";
  shown.textContent = text;
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-label", message("opened.secret"));
  copies(find(element, "button", HTMLButtonElement), find(element, "[role=status]", HTMLElement), () => text);
  return element;
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVING);
}
