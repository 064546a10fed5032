/**
 * Reads a payload, which comes in pieces (Spec/envelope.md, Payload).
 */

import { concat, fromUtf8, readU32, readU64 } from "./bytes.js";
import { KeylinkError } from "./errors.js";
import {
  DATA,
  FILE,
  isName,
  isType,
  MOST_ITEMS,
  malformed,
  PADDING,
  RECORD_HEAD,
  SIZE,
  TEXT,
  TextCheck,
  TYPE,
} from "./payload.js";

/**
 * @typedef {object} ItemHead
 * @property {"text" | "file"} kind
 * @property {string | null} name
 * @property {string | null} type
 * @property {number | null} size
 * @property {number} at where in the payload its data begins: `PayloadParser.amid` reads on from there
 */

/**
 * What a parser finds: an item begins (`item`), some of its data (`data`), the payload is over (`end`).
 * @typedef {{item: ItemHead} | {data: Uint8Array} | {end: true}} PayloadEvent
 */

/**
 * Reads a payload that comes in pieces. Holds one record's head and at most 255 octets of a name.
 */
export class PayloadParser {
  /** What is left over of the pieces: the beginning of a record that is not whole yet. */
  #held = new Uint8Array();
  /** The record whose body is passing through: data or padding. */
  #passing = PADDING;
  #left = 0;
  #items = 0;
  #ended = false;
  /** Octets taken so far. */
  #offset = 0;
  /** @type {ItemHead | null} begun, and not yet told of */
  #item = null;
  /** The last record kind of the item: the order is 1 or 2, 3, 4, 5. */
  #stage = PADDING;
  /** Octets of the item's data so far, and what they must add up to. */
  #received = 0;
  /** @type {number | null} */
  #expected = null;
  /** @type {TextCheck | null} */
  #text = null;

  /**
   * One that begins where an item's data does. What it reads was read from the beginning once before: sizes and text are
   * not judged again, so take as many octets of data as there were.
   * @returns {PayloadParser}
   */
  static amid() {
    const parser = new PayloadParser();
    parser.#items = 1;
    parser.#stage = DATA;
    return parser;
  }

  /**
   * @param {Uint8Array} piece
   * @returns {Generator<PayloadEvent, void, void>} to be run to its end before the next piece
   * @throws {KeylinkError} `malformed-payload`; the parser is of no more use then
   */
  *push(piece) {
    let rest = this.#held.length ? concat(this.#held, piece) : piece;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.#left -= part.length;
        this.#offset += part.length;
        rest = rest.subarray(part.length);
        yield* this.#pass(part);
        continue;
      }
      const size = this.#begin(rest);
      if (size === null) break;
      yield* this.#take(rest[0], rest.subarray(RECORD_HEAD, size));
      this.#offset += size;
      rest = rest.subarray(size);
    }
    this.#held = rest.slice();
  }

  /**
   * The payload is over.
   * @returns {Generator<PayloadEvent, void, void>}
   * @throws {KeylinkError} `malformed-payload`
   */
  *finish() {
    if (!this.#ended || this.#left > 0 || this.#held.length > 0 || this.#items === 0) throw malformed();
    yield { end: true };
  }

  /**
   * Judges a record by its head, before its body is there: nothing large is ever held.
   * @param {Uint8Array} rest
   * @returns {number | null} octets to take now: the head, and the body of a small record; null: not all there yet
   */
  #begin(rest) {
    if (this.#ended) throw malformed(); // padding is the last record
    const kind = rest[0];
    if (!this.#mayFollow(kind)) throw malformed();
    if (rest.length < RECORD_HEAD) return null;
    const length = readU32(rest, 1);
    if (!fits(kind, length)) throw malformed();
    if (kind === DATA || kind === PADDING) {
      this.#passing = kind;
      this.#left = length;
      return RECORD_HEAD;
    }
    return rest.length < RECORD_HEAD + length ? null : RECORD_HEAD + length;
  }

  /** @param {number} kind @returns {boolean} */
  #mayFollow(kind) {
    if (kind === TEXT || kind === FILE) return this.#items < MOST_ITEMS;
    if (kind === PADDING) return this.#items > 0;
    if (kind === DATA) return this.#items > 0;
    return (kind === TYPE || kind === SIZE) && this.#items > 0 && this.#stage < kind;
  }

  /** @param {number} kind @param {Uint8Array} body @returns {Generator<PayloadEvent, void, void>} */
  *#take(kind, body) {
    if (kind === TEXT || kind === FILE) {
      yield* this.#close();
      this.#items += 1;
      const name = kind === TEXT ? null : readName(body);
      this.#item = { kind: kind === TEXT ? "text" : "file", name, type: null, size: null, at: 0 };
      this.#received = 0;
      this.#text = kind === TEXT ? new TextCheck() : null;
    } else if (kind === TYPE && this.#item) {
      this.#item.type = readType(body);
    } else if (kind === SIZE && this.#item) {
      this.#item.size = readSize(body);
    } else if (kind === DATA) {
      yield* this.#announce();
    } else if (kind === PADDING) {
      yield* this.#close();
      this.#ended = true;
    }
    this.#stage = kind;
  }

  /** @param {Uint8Array} part of a body that passes through @returns {Generator<PayloadEvent, void, void>} */
  *#pass(part) {
    if (this.#passing === PADDING) {
      if (!isZero(part)) throw malformed();
      return;
    }
    this.#received += part.length;
    if (this.#expected !== null && this.#received > this.#expected) throw malformed();
    this.#text?.feed(part);
    yield { data: part };
  }

  /** An item is told of once all that precedes its data is known. @returns {Generator<PayloadEvent, void, void>} */
  *#announce() {
    if (!this.#item) return;
    yield { item: { ...this.#item, at: this.#offset } };
    this.#expected = this.#item.size;
    this.#item = null;
  }

  /** Ends the item that is open, if one is. @returns {Generator<PayloadEvent, void, void>} */
  *#close() {
    if (this.#items === 0) return;
    yield* this.#announce();
    if (this.#expected !== null && this.#expected !== this.#received) throw malformed();
    this.#text?.end();
  }
}

/** @param {number} kind @param {number} length @returns {boolean} */
function fits(kind, length) {
  switch (kind) {
    case TEXT:
      return length === 0;
    case FILE:
    case TYPE:
      return length >= 1 && length <= 255;
    case SIZE:
      return length === 8;
    case DATA:
      return length >= 1;
    default:
      return kind === PADDING;
  }
}

/** @param {Uint8Array} bytes @returns {boolean} */
function isZero(bytes) {
  let any = 0;
  for (let at = 0; at < bytes.length; at++) any |= bytes[at];
  return any === 0;
}

/** @param {Uint8Array} body @returns {string} */
function readName(body) {
  try {
    const name = fromUtf8(body);
    if (isName(name)) return name;
  } catch (error) {
    if (!(error instanceof KeylinkError)) throw error;
  }
  throw malformed();
}

/** @param {Uint8Array} body @returns {string} */
function readType(body) {
  const type = String.fromCharCode(...body);
  if (!isType(type)) throw malformed();
  return type;
}

/** @param {Uint8Array} body @returns {number} */
function readSize(body) {
  const size = readU64(body, 0);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed();
  return Number(size);
}
