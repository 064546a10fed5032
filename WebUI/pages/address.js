/**
 * From an address, called or pasted, to a link; or to the name of what is wrong with it, so that the page can say it.
 */

import { KeylinkError } from "../keylink/errors.js";
import { parseLink, parseReceiptLink } from "../keylink/link.js";
import { KEY_LENGTH, mendLink } from "../keylink/paste.js";

/**
 * @typedef {object} Read
 * @property {string} link whole
 * @property {string} id
 * @property {import("../keylink/paste.js").Exposure | null} exposed the key travelled where somebody may have seen it
 */

/**
 * @typedef {object} Misread
 * @property {'noKey' | 'cut' | 'surplus' | 'several' | 'receiptLink' | 'secretLink' | 'otherServer' | 'malformed-link'} problem
 * @property {import('./messages.js').Values} values for its message
 */

/** What is wrong, by the name that the messages have for it. */
const PROBLEMS = /** @type {const} */ ({
  "no-key": "noKey",
  cut: "cut",
  surplus: "surplus",
  several: "several",
  mistyped: "malformed-link",
});

/**
 * @param {string} address @param {string} base of this server @param {'s' | 'r'} kind a link, or a receipt
 * @returns {Read | Misread}
 */
export function readAddress(address, base, kind) {
  const mended = mendLink(address);
  if ("fault" in mended) {
    return { problem: PROBLEMS[mended.fault], values: { full: KEY_LENGTH, found: mended.found ?? 0 } };
  }
  const { text, exposed } = mended;
  const parsed = attempt(text, kind);
  if (!parsed) return { problem: kind === "s" ? "receiptLink" : "secretLink", values: {} };
  if (parsed.base !== base) return { problem: "otherServer", values: { host: new URL(text).host } };
  return { link: text, id: parsed.id, exposed };
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
