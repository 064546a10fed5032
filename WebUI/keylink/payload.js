/**
 * What stands inside the boxes: records, and padding that hides their length (Spec/envelope.md, Payload). The rules
 * that writer and reader share, and the writer; parser.js reads.
 */

import { concat, isWellFormed, toUtf8, u32, u64 } from "./bytes.js";
import { KeylinkError } from "./errors.js";
import { octets, sizeOf } from "./streams.js";

/** @typedef {import("./envelope.js").ItemSource} ItemSource */
/** @typedef {import("./streams.js").Piece} Piece */

export const PADDING = 0;
export const TEXT = 1;
export const FILE = 2;
export const TYPE = 3;
export const SIZE = 4;
export const DATA = 5;

export const RECORD_HEAD = 5;
const LONGEST_RECORD = 2 ** 32 - 1;
/** Data whose size nobody knew goes out in records of this many octets. */
const UNSIZED_RECORD = 65536;
export const MOST_ITEMS = 1000;
const LONGEST_PAYLOAD = 2 ** 39;
const LEAST_PAYLOAD = 256;
const PADDING_PIECE = 65536;

const forbiddenInNames =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the format refuses
  /[/\\\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/;

/** @param {string} name @returns {boolean} one path component that shows as what it is */
export function isName(name) {
  if (!isWellFormed(name) || forbiddenInNames.test(name) || name === "." || name === "..") return false;
  const size = toUtf8(name).length;
  return size >= 1 && size <= 255;
}

/** @param {string} type @returns {boolean} */
export function isType(type) {
  return /^[\x20-\x7E]{1,255}$/.test(type);
}

/** @returns {KeylinkError} */
export const malformed = () => new KeylinkError("malformed-payload");

/**
 * Padmé (Nikitin et al., PETS 2019, § 4): at most 12 % more, and only O(log log L) bits of the length left to see.
 * @param {number} length 2 to 2^39
 * @returns {number}
 */
export function padme(length) {
  const exponent = length.toString(2).length - 1;
  const kept = exponent.toString(2).length;
  const step = 2 ** (exponent - kept);
  return Math.ceil(length / step) * step; // exact: all below 2^53, and step a power of two
}

/** @param {number} length octets of all records before the padding @returns {number} octets of the payload */
export function paddedSize(length) {
  if (length + RECORD_HEAD > LONGEST_PAYLOAD) throw malformed();
  return Math.max(LEAST_PAYLOAD, padme(length + RECORD_HEAD));
}

/**
 * Checks what can be checked before any data is there.
 * @param {ItemSource[]} items
 * @throws {KeylinkError} `malformed-payload`
 */
export function checkItems(items) {
  if (items.length < 1 || items.length > MOST_ITEMS) throw malformed();
  for (const { kind, name, type, size } of items) {
    const named = kind === "file" ? name !== undefined && isName(name) : kind === "text" && name === undefined;
    const sized = size === undefined || (Number.isSafeInteger(size) && size >= 0);
    if (!named || !sized || (type !== undefined && !isType(type))) throw malformed();
  }
}

/**
 * @param {ItemSource[]} items
 * @returns {number | null} octets of the payload, null where an item's size is unknown
 */
export function payloadSize(items) {
  let length = 0;
  for (const item of items) {
    if (item.size === undefined) return null;
    length += beginning(item).length + item.size + RECORD_HEAD * Math.ceil(item.size / LONGEST_RECORD);
  }
  return paddedSize(length);
}

/** @param {number} kind @param {Uint8Array} [body] @returns {Uint8Array} */
const record = (kind, body = new Uint8Array()) => concat(Uint8Array.of(kind), u32(body.length), body);

/** @param {number} kind @param {number} length of the body that follows @returns {Uint8Array} */
const recordHead = (kind, length) => concat(Uint8Array.of(kind), u32(length));

/** @param {ItemSource} item @returns {Uint8Array} all records before its data */
function beginning({ kind, name, type, size }) {
  return concat(
    kind === "text" ? record(TEXT) : record(FILE, toUtf8(name ?? "")),
    type === undefined ? new Uint8Array() : record(TYPE, toUtf8(type)),
    size === undefined ? new Uint8Array() : record(SIZE, u64(size)),
  );
}

/**
 * The payload of checked items, in pieces of any size.
 * @param {ItemSource[]} items
 * @returns {AsyncGenerator<Piece, void, void>}
 * @throws {KeylinkError} `source-changed`, `malformed-payload` for text that is not UTF-8
 */
export async function* writePayload(items) {
  let length = 0;
  for (const item of items) {
    for await (const piece of writeItem(item)) {
      length += sizeOf(piece);
      yield piece;
    }
  }
  const padding = paddedSize(length) - length - RECORD_HEAD;
  yield recordHead(PADDING, padding);
  for (let left = padding; left > 0; left -= PADDING_PIECE) yield new Uint8Array(Math.min(left, PADDING_PIECE));
}

/** @param {ItemSource} item @returns {AsyncGenerator<Piece, void, void>} */
async function* writeItem(item) {
  yield beginning(item);
  if (item.blob) return yield* blobRecords(item.blob, item.size);
  const data = item.kind === "text" ? checkedText(octets(item.stream())) : octets(item.stream());
  yield* item.size === undefined ? unsizedRecords(data) : sizedRecords(data, item.size);
}

/**
 * As `sizedRecords`, but whoever seals reads the data. @param {Blob} blob @param {number} [size] that was said
 * @returns {Generator<Piece, void, void>}
 */
function* blobRecords(blob, size) {
  if (blob.size !== size) throw new KeylinkError("source-changed");
  for (let at = 0; at < size; at += LONGEST_RECORD) {
    const part = blob.slice(at, at + LONGEST_RECORD);
    yield recordHead(DATA, part.size);
    yield part;
  }
}

/**
 * One record, or as many full ones as the length field asks for.
 * @param {AsyncIterable<Uint8Array>} data @param {number} size
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
async function* sizedRecords(data, size) {
  let left = size;
  let room = 0;
  for await (let piece of data) {
    if (piece.length > left) throw new KeylinkError("source-changed");
    while (piece.length > 0) {
      if (room === 0) {
        room = Math.min(left, LONGEST_RECORD);
        yield recordHead(DATA, room);
      }
      const part = piece.subarray(0, room);
      yield part;
      piece = piece.subarray(part.length);
      left -= part.length;
      room -= part.length;
    }
  }
  if (left > 0) throw new KeylinkError("source-changed");
}

/** @param {AsyncIterable<Uint8Array>} data @returns {AsyncGenerator<Uint8Array, void, void>} */
async function* unsizedRecords(data) {
  const buffer = new Uint8Array(UNSIZED_RECORD);
  let filled = 0;
  for await (let piece of data) {
    while (piece.length > 0) {
      const part = piece.subarray(0, UNSIZED_RECORD - filled);
      buffer.set(part, filled);
      filled += part.length;
      piece = piece.subarray(part.length);
      if (filled === UNSIZED_RECORD) {
        yield record(DATA, buffer);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield record(DATA, buffer.subarray(0, filled));
}

/** @param {AsyncIterable<Uint8Array>} data @returns {AsyncGenerator<Uint8Array, void, void>} */
async function* checkedText(data) {
  const check = new TextCheck();
  for await (const piece of data) {
    check.feed(piece);
    yield piece;
  }
  check.end();
}

/** Whether octets that come in pieces are well-formed UTF-8. */
export class TextCheck {
  #decoder = new TextDecoder("utf-8", { fatal: true });

  /** @param {Uint8Array} piece */
  feed(piece) {
    this.#decode(piece, true);
  }

  end() {
    this.#decode(new Uint8Array(), false);
  }

  /** @param {Uint8Array} piece @param {boolean} stream */
  #decode(piece, stream) {
    try {
      this.#decoder.decode(piece, { stream });
    } catch (cause) {
      throw new KeylinkError("malformed-payload", { cause });
    }
  }
}
