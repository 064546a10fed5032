/**
 * From what people paste to a link that the strict parser takes, where it is beyond doubt which; otherwise to what is wrong
 * with it (Spec/envelope.md, Pasted links). Receipt links too.
 */

import { fromBase64url } from "./bytes.js";
import { KeylinkError } from "./errors.js";
import { parseLink, parseReceiptLink } from "./link.js";

export const KEY_LENGTH = 43;

/**
 * How the key of a link travelled where somebody may have seen it: `escaped`, as part of a path or a query, which is sent to
 * the server (`%23`); `wrapped`, inside the address of a link scanner.
 * @typedef {"escaped" | "wrapped"} Exposure
 */

/**
 * @typedef {object} Mended
 * @property {string} text of a link or a receipt link; it parses
 * @property {Exposure | null} exposed tell the reader
 */

/**
 * @typedef {object} Unmended
 * @property {"no-key" | "cut" | "surplus" | "several" | "mistyped"} fault
 * @property {number | null} found characters in the key's place, where there are too few or too many
 */

/** What stands for a `#` that was escaped, so that it can be told from one that was not. */
const ESCAPED = "\ue023";

/** What mail programs, chats and terminals put between two characters: white space, escaped or not, soft breaks, quoting. */
const joint = "(?:=\\n|\\n *>|[ \\n]|%20|%0[9AaDd])";
const joints = new RegExp(joint, "g");
/** What may stand before a link that has no scheme. A full stop or a colon may be what is left of a host. */
const opening = "[ \\n\\p{Pi}\\p{Pf}\\p{Ps}\"'`´<>|*·•]*";
/** What ends sentences, besides. Never `-` or `_`: a key may end in them. */
const closing = "[ \\n\\p{Pi}\\p{Pf}\\p{Ps}\\p{Pe}\"'`´<>|*·•.,;:!?…。、！？，；：＂＇]";

const place =
  "(?<host>[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(?<rest>(?::[0-9]+)?(?:/[A-Za-z0-9._~!$&()*+,;=:@-]+)*/[sr]/)" +
  `(?<id>(?:${joint}*[A-Za-z0-9_-]){22})`;
/** A tracker's query may follow the ID; one that holds an address is a scanner's. */
const between = `${joint}*(?:/${joint}*)?(?:\\?(?:(?!://|/[sr]/)[^ \\n#${ESCAPED}])*${joint}*)?(?<mark>[#${ESCAPED}])`;
/** Whole, wherever it ends; or in pieces, with nothing after them that might be one more. */
const secret =
  `(?:${joint}*(?<key>[A-Za-z0-9_-]{${KEY_LENGTH}})(?![A-Za-z0-9_-]|\\p{M})` +
  `|(?<pieces>(?:${joint}*[A-Za-z0-9_-]){${KEY_LENGTH}})(?=${closing}*$))`;

const scheme = "(?<scheme>[Hh][Tt][Tt][Pp][Ss]?://)";
/** Alone and from its beginning: anywhere else nobody knows where a host begins. */
const bare = `^${opening}(?=[A-Za-z0-9[])`;
const places = [scheme, bare].map((start) => new RegExp(start + place, "u"));
const links = [scheme, bare].map((start) => new RegExp(start + place + between + secret, "gu"));

const alone = new RegExp(`^${opening}#?(?<pieces>(?:${joint}*[A-Za-z0-9_-]){${KEY_LENGTH}})${closing}*$`, "u");

/** Percent-encoding, but for white space, which would tear apart what it stands in. */
const escapes = /(?:%(?:2[1-9a-f]|[3-9a-f][0-9a-f]))+/gi;
/** Scanners put an address, percent-encoded, into their own, and one scanner that of another. */
const LAYERS = 4;

/** @param {string} text @returns {Mended | Unmended} */
export function mendLink(text) {
  const layers = layersOf(text);
  for (const layer of layers) {
    const found = linksIn(layer, layers[0]);
    const different = new Set(found.map(({ text }) => text)).size;
    if (different > 1) return { fault: "several", found: null };
    if (different === 1) return found[0];
  }
  return faultOf(layers[layers.length - 1]);
}

/** @param {string} text @returns {string | null} the base of the server that a link to a secret is of, where it is one */
export function serverOf(text) {
  const mended = mendLink(text);
  return "fault" in mended || !parses(mended.text, [parseLink]) ? null : parseLink(mended.text).base;
}

/** @param {string} text @returns {string | null} the key, where that and nothing else was pasted */
export function mendKey(text) {
  const found = alone.exec(plain(text));
  return found && join(found.groups?.pieces ?? "");
}

/** @param {string} text @returns {string[]} as it is, and with one escaping after the other undone */
function layersOf(text) {
  const layers = [plain(text)];
  for (let next = decoded(readDefence(layers[0])); layers.length < LAYERS && next !== layers[layers.length - 1]; ) {
    layers.push(next);
    next = decoded(next);
  }
  return layers;
}

/** White space of all kinds, and what cannot be seen at all, is one kind of space or one kind of line break. @param {string} text */
const plain = (text) => text.replace(/\r\n|[\n-\r\u0085\u2028\u2029]/g, "\n").replace(/[\t\p{Z}\p{Cf}]/gu, " ");

/** @param {string} layer @returns {string} */
function decoded(layer) {
  return plain(
    layer.replaceAll("%23", ESCAPED).replace(escapes, (escaped) => {
      try {
        return decodeURIComponent(escaped);
      } catch (error) {
        if (error instanceof URIError) return escaped; // a stray % sign
        throw error;
      }
    }),
  );
}

/** @param {string} layer @param {string} first as it was pasted @returns {Mended[]} */
function linksIn(layer, first) {
  return links.flatMap((pattern) =>
    [...layer.matchAll(pattern)].flatMap((match) => {
      const { scheme, host, rest, id, mark, key, pieces } = match.groups ?? {};
      const text = `${schemeFor(scheme, host)}${host.toLowerCase()}${rest}${join(id)}#${join(key ?? pieces)}`;
      const before = layer.slice(0, match.index);
      const wrapped = before.slice(Math.max(before.lastIndexOf(" "), before.lastIndexOf("\n")) + 1).includes("://");
      // Unescaping must not move a link to another host: `https://one.example%2F@other.example` is the other's.
      const stays = wrapped || first.includes(`${scheme ?? ""}${host}${rest}`);
      const exposed = wrapped ? "wrapped" : mark === ESCAPED ? "escaped" : null;
      return stays && parses(text) ? [{ text, exposed }] : [];
    }),
  );
}

/** Without a scheme it is https, but where nothing leaves this device. @param {string | undefined} scheme @param {string} host */
const schemeFor = (scheme, host) =>
  scheme?.toLowerCase() ?? (/^(?:localhost|127(?:\.[0-9]+){3}|\[::1\])$/i.test(host) ? "http://" : "https://");

/** @param {string} text @returns {string} its pieces as one */
const join = (text) => text.replace(joints, "");

/** @param {string} text @param {((text: string) => unknown)[]} [parsers] @returns {boolean} */
function parses(text, parsers = [parseLink, parseReceiptLink]) {
  return parsers.some((parse) => {
    try {
      parse(text);
      return true;
    } catch (error) {
      if (error instanceof KeylinkError) return false;
      throw error;
    }
  });
}

/** @param {string} layer the innermost @returns {Unmended} */
function faultOf(layer) {
  const match = places.map((pattern) => pattern.exec(layer)).find((found) => found !== null);
  if (!match) return { fault: "mistyped", found: null };
  const after = layer.slice(match.index + match[0].length);
  const hash = new RegExp(`^${between}`, "u").exec(after);
  if (!hash) return { fault: /^[A-Za-z0-9_-]/.test(after) ? "mistyped" : "no-key", found: null };
  const rest = withoutEnd(after.slice(hash[0].length));
  // Over lines it is one key, up to the next word.
  const [key] = rest
    .replace(/ +/g, " ")
    .replace(/=\n| ?\n[ >]*|%0[9AaDd]/g, "")
    .split(/ |%20/);
  const found = [...key].length;
  if (found === KEY_LENGTH) return { fault: "mistyped", found: null };
  return { fault: found < KEY_LENGTH ? "cut" : "surplus", found };
}

/** Character by character: a pattern would look from every one of many spaces to the end. @param {string} text @returns {string} */
function withoutEnd(text) {
  const ends = new RegExp(closing, "u");
  let end = text.length;
  while (end > 0 && ends.test(text[end - 1])) end--;
  return text.slice(0, end);
}

/**
 * Two forms that one scanner writes: `u=https-3A__host_s_…-23…` (a hyphen for the percent sign, an underscore for the slash), and
 * `__https://host/s/…*…__;Iw!!…` (an asterisk for each sign that stands, in base64, after the semicolon).
 * @param {string} text @returns {string} with the link as it was
 */
function readDefence(text) {
  return text
    .replace(/(\/v2\/url\?(?:[^ \n]*&)?u=)([A-Za-z0-9_.-]+)/, (_, before, link) => before + readHyphens(link))
    .replace(/(\/v3\/__)([^ \n]+?)__;([A-Za-z0-9_-]*)!/, (_, before, link, signs) => `${before}${readStars(link, signs)} `);
}

/** @param {string} link @returns {string} */
const readHyphens = (link) =>
  link.replaceAll("_", "/").replace(/-([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

/** @param {string} link @param {string} encoded @returns {string} */
function readStars(link, encoded) {
  try {
    const signs = [...String.fromCharCode(...fromBase64url(encoded))];
    return link.replaceAll("*", () => signs.shift() ?? "*");
  } catch (error) {
    if (error instanceof KeylinkError) return link;
    throw error;
  }
}
