/**
 * Links: strict to read, forgiving only in `mendLink` (Spec/envelope.md, Link).
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

/** White space and invisible characters, quotes, brackets, sentence punctuation. Never `-` or `_`: a key may end in them. */
const wrapping = "[\\s\\p{Cf}\\p{Z}\\p{Pi}\\p{Pf}\\p{Ps}\\p{Pe}\"'`´<>‚‛„‟.,;:!?…。、！？，；：|*·•]";
const before = new RegExp(`^${wrapping}+`, "u");
const after = new RegExp(`${wrapping}+$`, "u");

/**
 * How the key of a link travelled where somebody may have seen it: `escaped`, as part of a path, which is sent to the server
 * (`%23`); `wrapped`, inside the address of a link scanner.
 * @typedef {"escaped" | "wrapped"} Exposure
 */

/** A link that stands whole inside something longer; nothing that could belong to the key may follow it. */
const inside = /https?:\/\/[^\s#?"'<>]+\/[sr]\/[A-Za-z0-9_-]{22}#[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g;

/**
 * Turns what people paste into what the parser takes, where that is beyond doubt; the rest it leaves for the parser to
 * refuse. Works for receipt links too.
 * @param {string} text
 * @returns {{text: string, exposed: Exposure | null}} exposed: tell the reader
 */
export function mendLink(text) {
  const trimmed = text.replace(before, "").replace(after, "");
  if (isLink(trimmed)) return { text: trimmed, exposed: null };
  const unescaped = trimmed.replace("%23", "#");
  if (isLink(unescaped)) return { text: unescaped, exposed: "escaped" };
  const unwrapped = unwrap(trimmed);
  return { text: unwrapped ?? trimmed, exposed: unwrapped === null ? null : "wrapped" };
}

/** @param {string} text @returns {boolean} */
function isLink(text) {
  const groups = linkPattern.exec(text)?.groups;
  return groups !== undefined && isBase(groups.base);
}

/**
 * Scanners put the link into their own URL, percent-encoded once or more often, or in a way of their own.
 * @param {string} text @returns {string | null}
 */
function unwrap(text) {
  if (!/^https?:\/\/\S+$/i.test(text)) return null;
  for (let layer = 0, decoded = readDefence(text); layer < 4; layer++) {
    const links = (decoded.match(inside) ?? []).map((found) => found.slice(found.lastIndexOf("http"))).filter(isLink);
    if (links.length > 0) return new Set(links).size === 1 ? links[0] : null;
    try {
      decoded = decodeURIComponent(decoded);
    } catch (error) {
      if (error instanceof URIError) return null; // a stray % sign: not percent-encoding
      throw error;
    }
  }
  return null;
}

/**
 * Two forms that one scanner writes: `u=https-3A__host_s_…-23…` (a hyphen for the percent sign, an underscore for the slash), and
 * `__https://host/s/…*…__;Iw!!…` (an asterisk for each sign that stands, in base64, after the semicolon).
 * @param {string} text @returns {string} its link as it was; all else as it is
 */
function readDefence(text) {
  const hyphened = /^https?:\/\/[^/?#]+\/v2\/url\?(?:.*&)?u=(?<link>[A-Za-z0-9_.-]+)/i.exec(text)?.groups?.link;
  if (hyphened)
    return hyphened.replaceAll("_", "/").replace(/-([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const starred = /\/v3\/__(?<link>.+?)__;(?<signs>[A-Za-z0-9_-]*)!/.exec(text)?.groups;
  if (!starred) return text;
  const signs = [...String.fromCharCode(...(decodeAny(starred.signs) ?? []))];
  return starred.link.replaceAll("*", () => signs.shift() ?? "*");
}
