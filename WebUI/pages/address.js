/**
 * From an address, called or pasted, to a link; or to the name of what is wrong with it, so that the page can say it.
 */

import { KeylinkError } from "../keylink/errors.js";
import { mendLink, parseLink, parseReceiptLink } from "../keylink/link.js";

const KEY_LENGTH = 43;

/**
 * @typedef {object} Read
 * @property {string} link whole
 * @property {string} id
 * @property {import("../keylink/link.js").Exposure | null} exposed the key travelled where somebody may have seen it
 */

/**
 * @typedef {object} Misread
 * @property {'noKey' | 'cut' | 'surplus' | 'receiptLink' | 'secretLink' | 'otherServer' | 'malformed-link'} problem
 * @property {import('./messages.js').Values} values for its message
 */

/**
 * @param {string} address @param {string} base of this server @param {'s' | 'r'} kind a link, or a receipt
 * @returns {Read | Misread}
 */
export function readAddress(address, base, kind) {
  const { text, exposed } = mendLink(address);
  const parsed = attempt(text, kind);
  if (parsed && parsed.base !== base) return { problem: "otherServer", values: { host: new URL(text).host } };
  if (parsed) return { link: text, id: parsed.id, exposed };
  if (attempt(text, kind === "s" ? "r" : "s")) {
    return { problem: kind === "s" ? "receiptLink" : "secretLink", values: {} };
  }
  const mark = text.indexOf("#");
  if (mark < 0) return { problem: "noKey", values: {} };
  const found = text.length - mark - 1;
  if (found < KEY_LENGTH) return { problem: "cut", values: { full: KEY_LENGTH, found } };
  if (found > KEY_LENGTH) return { problem: "surplus", values: { full: KEY_LENGTH, found } };
  return { problem: "malformed-link", values: {} };
}

/** @param {string} address @returns {string | null} the ID in a page's own address */
export function idOf(address) {
  return /\/[sr]\/(?<id>[A-Za-z0-9_-]{22})$/.exec(new URL(address).pathname)?.groups?.id ?? null;
}

/** @param {string} text @param {'s' | 'r'} kind */
function attempt(text, kind) {
  try {
    return kind === "s" ? parseLink(text) : parseReceiptLink(text);
  } catch (error) {
    if (error instanceof KeylinkError) return null;
    throw error;
  }
}
