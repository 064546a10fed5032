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
 * Octets that are here, or a Blob whose octets whoever takes it reads: then this thread touches none of them.
 * @typedef {Uint8Array | Blob} Piece
 */

/** @param {Piece} piece @returns {number} octets */
export const sizeOf = (piece) => (piece instanceof Blob ? piece.size : piece.length);

/** @param {Piece} piece @param {number} from @param {number} to @returns {Piece} a view, no copy */
const cut = (piece, from, to) => (piece instanceof Blob ? piece.slice(from, to) : piece.subarray(from, to));

/**
 * @param {Piece} piece
 * @returns {Promise<Uint8Array>}
 * @throws {DOMException} `NotReadableError` for a file that was changed or removed since it was chosen
 */
export async function readPiece(piece) {
  if (piece instanceof Uint8Array) return piece;
  try {
    return new Uint8Array(await piece.arrayBuffer());
  } catch (error) {
    // Firefox says AbortError, which elsewhere means that somebody stopped it.
    throw new DOMException(String(error), "NotReadableError");
  }
}

/** How many batches' worth of a Blob is read at once: to begin to read one takes browsers a millisecond, whatever its size. */
const MOST_AT_ONCE = 8;
/** A Blob is cut into so many parts at least, so that all workers have their share. */
const LEAST_PARTS = 16;

/**
 * Cuts pieces of any size into batches of `size` octets, larger ones of Blobs; all but the last are of whole boxes. Which
 * one is the last is known when nothing follows, so one batch is always held back.
 * @param {AsyncIterable<Piece> | Iterable<Piece>} pieces
 * @param {number} size @param {number} boxes in a batch of that size @param {number} chunkSize
 * @returns {AsyncGenerator<Batch, void, void>}
 */
export async function* batched(pieces, size, boxes, chunkSize) {
  /** @type {Piece[]} */
  let parts = [];
  let filled = 0;
  let room = 0;
  let first = 0;
  for await (const piece of pieces) {
    const wanted = size * batchesOf(piece, size);
    for (let at = 0; at < sizeOf(piece); ) {
      if (filled > 0 && filled >= room) {
        yield { bytes: joined(parts, filled), first, chunkSize, last: false };
        first += boxes * (filled / size);
        parts = [];
        filled = 0;
        room = 0;
      }
      room = Math.max(room, wanted);
      const part = cut(piece, at, at + room - filled);
      parts.push(part);
      filled += sizeOf(part);
      at += sizeOf(part);
    }
  }
  if (filled === 0) throw new KeylinkError("corrupt"); // no box at all; a payload is never empty
  yield { bytes: joined(parts, filled), first, chunkSize, last: true };
}

/** @param {Piece} piece @param {number} size @returns {number} how many batches' worth of it go together */
function batchesOf(piece, size) {
  if (piece instanceof Uint8Array) return 1;
  return Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(piece.size / (LEAST_PARTS * size))));
}

/** @param {Piece[]} parts @param {number} size of all @returns {Piece} the caller's own; a Blob where any of them is one */
function joined(parts, size) {
  if (parts.length === 1 && parts[0] instanceof Blob) return parts[0];
  if (parts.some((part) => part instanceof Blob)) return new Blob(/** @type {BlobPart[]} */ (parts));
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of /** @type {Uint8Array[]} */ (parts)) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
