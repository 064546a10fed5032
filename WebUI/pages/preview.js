/**
 * A look at a file before it is saved: pictures of a few raster formats, and text, each told by its own octets. Nothing is
 * ever shown as a document: HTML and SVG are their source.
 */

import { label, say } from "./messages.js";
import { pictureOf } from "./picture.js";
import { fill } from "./text.js";
import { size } from "./units.js";

/** Octets of text that are shown. */
const MOST_TEXT = 262_144;
/** Octets of a picture that is shown. */
const LARGEST_PICTURE = 32 * 2 ** 20;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what text has none of
const BINARY = /[\u0000-\u0008\u000E-\u001A\u001C-\u001F\u007F]/;

/** @typedef {import("./contents.js").FileContent} FileContent */
/** @typedef {{element: Element, close: () => void}} Preview */

/** @param {FileContent} file @returns {((read: (length: number) => Promise<Uint8Array>) => Promise<Preview>) | null} null: there is none */
export function previewOf(file) {
  const picture = file.size <= LARGEST_PICTURE ? pictureOf(file.head) : null;
  if (picture) return async (read) => await showPicture(await read(file.size), picture, file.name);
  return isText(file.head, file.size)
    ? async (read) => showBeginning(await read(Math.min(file.size, MOST_TEXT)), file.size)
    : null;
}

/** @param {Uint8Array} head @param {number} whole octets of the file @returns {boolean} */
function isText(head, whole) {
  const text = decode(head, head.length < whole);
  return text !== null && text !== "" && !BINARY.test(text);
}

/** @param {Uint8Array} octets @param {boolean} cut a character may end after them @returns {string | null} */
function decode(octets, cut) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets, { stream: cut });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** @param {Uint8Array} octets @param {number} whole @returns {Preview} */
function showBeginning(octets, whole) {
  const element = document.createElement("div");
  const shown = document.createElement("pre");
  shown.className = "secret exact wrapped";
  shown.tabIndex = 0;
  const text = decode(octets, octets.length < whole);
  if (text === null) return noPreview(); // text at its beginning only
  fill(shown, text);
  element.append(shown);
  if (octets.length < whole) {
    element.append(hint("opened.previewCut", () => ({ shown: size(octets.length), size: size(whole) })));
  }
  return { element, close: () => element.remove() };
}

/**
 * @param {Uint8Array} octets @param {import("./picture.js").Picture} picture @param {string} name
 * @returns {Promise<Preview>}
 */
async function showPicture(octets, { type, width, height }, name) {
  const image = new Image(width, height);
  const address = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (octets)], { type }));
  label(image, "opened.pictureOf", { name });
  image.src = address;
  try {
    await image.decode();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    URL.revokeObjectURL(address); // begins like a picture, and is none
    return noPreview();
  }
  return {
    element: image,
    close() {
      URL.revokeObjectURL(address);
      image.remove();
    },
  };
}

/** @returns {Preview} */
function noPreview() {
  const element = hint("opened.noPreview");
  return { element, close: () => element.remove() };
}

/** @param {string} key @param {() => import("./messages.js").Values} [values] @returns {HTMLElement} */
function hint(key, values) {
  const element = document.createElement("p");
  element.className = "hint";
  say(element, key, values);
  return element;
}
