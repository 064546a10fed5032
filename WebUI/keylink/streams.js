/**
 * WHATWG streams and async generators: pieces, batches, order.
 */

import { KeylinkError } from "./errors.js";

/** @typedef {import("./executor.js").Batch} Batch */

/**
 * A stream's pieces; an early end of the reading cancels it. (Streams that iterate by themselves are not everywhere.)
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
export async function* octets(stream) {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.length > 0) yield value;
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined); // already broken: there is nothing left to cancel
    reader.releaseLock();
  }
}

/**
 * @param {AsyncGenerator<Uint8Array, void, void> | Iterable<Uint8Array>} pieces
 * @returns {ReadableStream<Uint8Array>} that does nothing until it is read
 */
export function streamOf(pieces) {
  const iterator = Symbol.asyncIterator in pieces ? pieces : pieces[Symbol.iterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return?.(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Cuts pieces of any size into batches of exactly `size` octets; only the last may be shorter. Which one is the last is
 * known when nothing follows, so one batch is always held back.
 * @param {AsyncGenerator<Uint8Array, void, void>} pieces
 * @param {number} size @param {number} boxes in a full batch @param {number} chunkSize
 * @returns {AsyncGenerator<Batch, void, void>}
 */
export async function* batched(pieces, size, boxes, chunkSize) {
  let bytes = new Uint8Array(size);
  let filled = 0;
  let first = 0;
  for await (let piece of pieces) {
    while (piece.length > 0) {
      if (filled === size) {
        yield { bytes, first, chunkSize, last: false };
        bytes = new Uint8Array(size);
        filled = 0;
        first += boxes;
      }
      const part = piece.subarray(0, size - filled);
      bytes.set(part, filled);
      filled += part.length;
      piece = piece.subarray(part.length);
    }
  }
  if (filled === 0) throw new KeylinkError("corrupt"); // no box at all; a payload is never empty
  yield { bytes: bytes.slice(0, filled), first, chunkSize, last: true };
}

/**
 * Up to `width` batches at once, answers in their order.
 * @param {AsyncGenerator<Batch, void, void>} batches
 * @param {(batch: Batch) => Promise<Uint8Array>} work
 * @param {number} width @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
export async function* inOrder(batches, work, width, signal) {
  /** @type {Promise<Uint8Array>[]} */
  const running = [];
  for await (const batch of batches) {
    signal?.throwIfAborted();
    const result = work(batch);
    result.catch(() => undefined); // awaited below, in its turn: not unhandled in the meantime
    running.push(result);
    const oldest = running.length >= width ? running.shift() : undefined;
    if (oldest) yield await oldest;
  }
  for (const result of running) yield await result;
}
