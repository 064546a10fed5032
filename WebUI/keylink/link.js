/**
 * Links: strict to read (Spec/envelope.md, Links). What people paste goes through paste.js first.
 */

import { fromBase64url, toBase64url } from "./bytes.js";
import { KeylinkError } from "./errors.js";

/**
 * @typedef {object} Link
 * @property {string} base what stands before the last `/s/` or `/r/`
 * @property {string} id 22 characters
 * @property {Uint8Array} key 32 octets
 */

const basePattern =
  /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?<port>[1-9][0-9]{0,4}))?(?<path>(?:\/[A-Za-z0-9._~!$&()*+,;=:@-]+)*)$/;
const linkPattern = /^(?<base>.*)\/(?<kind>[sr])\/(?<id>[A-Za-z0-9_-]{22})#(?<key>[A-Za-z0-9_-]{43})$/;

/** @param {string} base @returns {boolean} whether a link can begin so */
export function isBase(base) {
  const groups = basePattern.exec(base)?.groups;
  if (!groups) return false;
  // A dot segment would lead elsewhere than it says as soon as something normalises the URL.
  return Number(groups.port ?? 1) <= 65535 && !groups.path.split("/").some((part) => part === "." || part === "..");
}

/** @param {string} id @returns {boolean} */
export function isId(id) {
  return decode(id, 16) !== null;
}

/** @param {string} text @param {number} size @returns {Uint8Array | null} */
function decode(text, size) {
  const bytes = decodeAny(text);
  return bytes?.length === size ? bytes : null;
}

/** @param {string} text @returns {Uint8Array | null} */
function decodeAny(text) {
  try {
    return fromBase64url(text);
  } catch (error) {
    if (error instanceof KeylinkError) return null;
    throw error;
  }
}

/** @param {string} text @param {"s" | "r"} kind @returns {Link} */
function parse(text, kind) {
  const groups = linkPattern.exec(text)?.groups;
  const key = groups && decode(groups.key, 32);
  if (!groups || groups.kind !== kind || !key || !isId(groups.id) || !isBase(groups.base)) {
    throw new KeylinkError("malformed-link");
  }
  return { base: groups.base, id: groups.id, key };
}

/** @param {string} base @param {string} id @param {Uint8Array} key @param {"s" | "r"} kind @returns {string} */
function format(base, id, key, kind) {
  if (!isBase(base) || !isId(id) || key.length !== 32) throw new KeylinkError("malformed-link");
  return `${base}/${kind}/${id}#${toBase64url(key)}`;
}

/** @param {string} text @returns {Link} @throws {KeylinkError} `malformed-link` */
export function parseLink(text) {
  return parse(text, "s");
}

/** @param {string} base @param {string} id @param {Uint8Array} key @returns {string} @throws {KeylinkError} `malformed-link` */
export function formatLink(base, id, key) {
  return format(base, id, key, "s");
}

/** The same with `/r/`. @param {string} text @returns {Link} @throws {KeylinkError} `malformed-link` */
export function parseReceiptLink(text) {
  return parse(text, "r");
}

/** @param {string} base @param {string} id @param {Uint8Array} key @returns {string} @throws {KeylinkError} `malformed-link` */
export function formatReceiptLink(base, id, key) {
  return format(base, id, key, "r");
}
