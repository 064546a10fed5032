/**
 * An envelope that has arrived and was verified whole, kept as it came: as ciphertext. What is in it can be read again,
 * any item and as often as it is asked for.
 */

import { letGo } from "./bytes.js";
import { openedBy } from "./envelope.js";
import { HEADER_SIZE } from "./header.js";
import { PayloadParser } from "./parser.js";
import { TAG_SIZE } from "./sodium.js";

/** @typedef {{at: number, length: number}} Extent where an item's data begins in the payload, and octets of it */

export class Kept {
  #keeper;
  #envelope;
  #contentKey;
  #chunkSize;
  #executor;

  /**
   * @param {import("./keeping.js").Keeper} keeper
   * @param {Blob} envelope what it kept
   * @param {{contentKey: Uint8Array, chunkSize: number}} keys the key is this object's from here on
   * @param {import("./executor.js").Executor} executor
   */
  constructor(keeper, envelope, { contentKey, chunkSize }, executor) {
    this.#keeper = keeper;
    this.#envelope = envelope;
    this.#contentKey = contentKey;
    this.#chunkSize = chunkSize;
    this.#executor = executor;
  }

  /** @returns {boolean} whether it rests in a file of the browser's */
  get onDisk() {
    return this.#keeper.onDisk;
  }

  /**
   * @param {Extent} extent of an item, or of the beginning of one
   * @returns {AsyncGenerator<Uint8Array, void, void>} verified anew; gone as soon as the next are asked for
   */
  async *read({ at, length }) {
    if (length === 0) return;
    const chunkSize = this.#chunkSize;
    const from = Math.floor(at / chunkSize);
    const boxes = [this.#envelope.slice(HEADER_SIZE + from * (chunkSize + TAG_SIZE))]; // read by whoever opens them
    const crew = this.#executor.crew(this.#contentKey, length, this.#keeper.place);
    const parser = PayloadParser.amid();
    let ahead = at - from * chunkSize;
    let left = length;
    try {
      for await (const piece of openedBy(crew, boxes, { chunkSize, from })) {
        for (const event of parser.push(piece.subarray(ahead))) {
          if (!("data" in event)) return;
          const data = event.data.subarray(0, left);
          left -= data.length;
          yield data;
          if (left === 0) return;
        }
        ahead = 0;
        letGo(piece);
      }
    } finally {
      crew.close();
    }
  }

  /** Forgets the key, and removes what was kept. */
  async close() {
    this.#contentKey.fill(0);
    await this.#keeper.discard();
  }
}
