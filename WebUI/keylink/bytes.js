/**
 * Octets and their spellings. Every decoder is strict: one value has one spelling, or is refused.
 */

import { KeylinkError } from "./errors.js";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const sextets = new Map([...alphabet].map((character, value) => [character, value]));

/**
 * base64url without padding (RFC 4648 § 5).
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toBase64url(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(3, bytes.length - at);
    const group = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let sextet = 0; sextet <= left; sextet++) text += alphabet[(group >> (18 - 6 * sextet)) & 63];
  }
  return text;
}

/**
 * The canonical spelling only: no padding, no other characters, unused low bits zero. Otherwise two links would mean
 * one key, and a link could be changed without anybody noticing.
 * @param {string} text
 * @returns {Uint8Array}
 * @throws {KeylinkError} `malformed-encoding`
 */
export function fromBase64url(text) {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const character of text) {
    const value = sextets.get(character);
    if (value === undefined) throw new KeylinkError("malformed-encoding");
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = (bits >> count) & 255;
    }
  }
  if (text.length % 4 === 1 || (bits & ((1 << count) - 1)) !== 0) throw new KeylinkError("malformed-encoding");
  return bytes;
}

/** @param {Uint8Array} bytes @returns {string} lower case */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text lower case, an even number of digits @returns {Uint8Array} @throws {KeylinkError} `malformed-encoding` */
export function fromHex(text) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new KeylinkError("malformed-encoding");
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {number} value 0 to 2^32 − 1 @returns {Uint8Array} 4 octets, big-endian */
export function u32(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** @param {number} value 0 to 2^53 − 1 @returns {Uint8Array} 8 octets, big-endian */
export function u64(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** @param {Uint8Array} bytes @param {number} at @returns {number} */
export function readU32(bytes, at) {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** @param {Uint8Array} bytes @param {number} at @returns {bigint} all 64 bits: the caller judges whether it is a size */
export function readU64(bytes, at) {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at);
}

/**
 * Takes the same time wherever the difference is.
 * @param {Uint8Array} a @param {Uint8Array} b
 * @returns {boolean}
 */
export function equalInConstantTime(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= a[at] ^ b[at];
  return difference === 0;
}

/** @param {string} text @returns {boolean} no surrogate stands alone (String.isWellFormed, which Node 18 lacks) */
export function isWellFormed(text) {
  return !/\p{Surrogate}/u.test(text);
}

/** @param {string} text well-formed: the encoder would quietly replace a lone surrogate @returns {Uint8Array} */
export function toUtf8(text) {
  if (!isWellFormed(text)) throw new KeylinkError("malformed-encoding");
  return new TextEncoder().encode(text);
}

/** @param {Uint8Array} bytes @returns {string} a leading U+FEFF is data and stays @throws {KeylinkError} `malformed-encoding` */
export function fromUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new KeylinkError("malformed-encoding", { cause });
  }
}

/** @type {MessagePort | null} to nobody */
let nobody = null;

/**
 * Gives the memory back now: what is sent to nobody is gone. Collectors of garbage wait for hundreds of megabytes of it where a
 * gigabyte passes through.
 * @param {Uint8Array} bytes of no more use to anybody, as is all else of their buffer
 */
export function letGo({ buffer }) {
  if (!nobody) {
    const { port1, port2 } = new MessageChannel();
    port2.close();
    nobody = port1;
  }
  if (buffer.byteLength > 0) nobody.postMessage(null, [buffer]);
}
