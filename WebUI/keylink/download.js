/**
 * An envelope's octets as one stream, however often the connection breaks (Spec/openapi.yaml, claim).
 */

import { KeylinkError } from "./errors.js";
import { LEAST_ENVELOPE_SIZE } from "./header.js";
import { deadline, Patience, send, toFailure } from "./http.js";

/** A connection that brings nothing for so long is taken for broken. The server's own patience is 30 s for 64 KiB. */
const STALLED_AFTER = 45_000;

/**
 * @typedef {object} Transfer
 * @property {typeof globalThis.fetch} fetch
 * @property {string} url of the claim
 * @property {Record<string, string>} headers with the claim's key
 * @property {import("./http.js").Wait} wait
 * @property {AbortSignal} [signal]
 * @property {number} [stalledAfter] milliseconds; 45,000 otherwise
 * @property {() => void} [onBreak] the connection broke, the next try follows
 */

/**
 * One connection's answer.
 * @typedef {object} Connection
 * @property {ReadableStreamDefaultReader<Uint8Array>} reader
 * @property {ReturnType<typeof deadline>} limit
 * @property {Uint8Array | null} ahead octets that were read together with those passed over
 */

export class Download {
  /** Octets of the envelope, from the first answer's Content-Length. */
  size = 0;
  /** Octets received. */
  received = 0;

  #transfer;
  #stalledAfter;
  #patience;
  /** @type {Connection | null} */
  #connection = null;

  /** @param {Transfer} transfer */
  constructor(transfer) {
    this.#transfer = transfer;
    this.#stalledAfter = transfer.stalledAfter ?? STALLED_AFTER;
    this.#patience = new Patience(transfer.wait, transfer.signal);
  }

  /**
   * Claims. A lost answer is asked for again under the same key, which takes no further view.
   * @throws {KeylinkError} what the server refused with, or `network` in the end
   */
  async claim() {
    while (!this.#connection) {
      try {
        this.#connection = await this.#connect("POST");
      } catch (error) {
        await this.#before(error);
      }
    }
  }

  /**
   * @returns {AsyncGenerator<Uint8Array, void, void>} exactly `size` octets, or it throws
   */
  async *pieces() {
    try {
      while (this.received < this.size) {
        const piece = await this.#next();
        if (!piece) continue;
        this.received += piece.length;
        this.#patience.restart();
        yield piece;
      }
    } finally {
      await this.close();
    }
  }

  async close() {
    const connection = this.#connection;
    this.#connection = null;
    connection?.limit.done();
    await connection?.reader.cancel().catch(() => undefined); // it broke before: nothing left to cancel
  }

  /** @returns {Promise<Uint8Array | null>} null where the connection broke and another try follows */
  async #next() {
    try {
      this.#connection ??= await this.#connect("GET");
      const piece = await read(this.#connection, this.#stalledAfter);
      if (piece) return piece.subarray(0, this.size - this.received);
      throw new KeylinkError("network"); // short of its length: broken, not corrupt
    } catch (error) {
      await this.close();
      await this.#before(toFailure(error, this.#transfer.signal));
      return null;
    }
  }

  /** @param {unknown} error */
  async #before(error) {
    this.#transfer.signal?.throwIfAborted();
    await this.#patience.before(error, { onWait: this.#transfer.onBreak, begun: this.size > 0 });
  }

  /** @param {"POST" | "GET"} method claim, or go on from where it broke @returns {Promise<Connection>} */
  async #connect(method) {
    const { fetch, url, headers, signal } = this.#transfer;
    const limit = deadline(signal);
    limit.within(this.#stalledAfter);
    try {
      const from = this.received;
      const range = method === "GET" && from > 0 ? { Range: `bytes=${from}-` } : undefined;
      const answer = await send(fetch, { method, url, headers: { ...headers, ...range }, signal: limit.signal });
      const { size, start } = placeOf(answer);
      if (this.size !== 0 && size !== this.size) throw new KeylinkError("unexpected-answer", { status: answer.status });
      if (start > from || !answer.body) throw new KeylinkError("unexpected-answer", { status: answer.status });
      const connection = { reader: answer.body.getReader(), limit, ahead: null };
      await skip(connection, from - start, this.#stalledAfter);
      this.size = size;
      return connection;
    } catch (error) {
      limit.done();
      throw toFailure(error, signal);
    }
  }
}

/**
 * Which part of the envelope an answer holds.
 * @param {Response} answer
 * @returns {{size: number, start: number}} octets of the whole, and where this begins
 * @throws {KeylinkError} `unexpected-answer`: without a length nobody could tell a cut from an end
 */
function placeOf(answer) {
  const whole = /^(\d{1,15})$/.exec(answer.headers.get("Content-Length") ?? "");
  const part = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(answer.headers.get("Content-Range") ?? "");
  if (answer.status === 206 && part && Number(part[2]) + 1 === Number(part[3])) {
    return { size: Number(part[3]), start: Number(part[1]) };
  }
  const size = Number(whole?.[1]);
  if (answer.status === 200 && size >= LEAST_ENVELOPE_SIZE) return { size, start: 0 };
  throw new KeylinkError("unexpected-answer", { status: answer.status });
}

/**
 * The clock stands still while the caller is busy with what it got.
 * @param {Connection} connection @param {number} stalledAfter
 * @returns {Promise<Uint8Array | null>} null at the end of the answer
 */
async function read(connection, stalledAfter) {
  const { reader, limit, ahead } = connection;
  connection.ahead = null;
  if (ahead) return ahead;
  limit.within(stalledAfter);
  const { done, value } = await reader.read();
  limit.pause();
  return done ? null : value;
}

/**
 * A server or proxy may answer a range with the whole; what is known already is passed over.
 * @param {Connection} connection @param {number} octets @param {number} stalledAfter
 */
async function skip(connection, octets, stalledAfter) {
  for (let left = octets; left > 0; ) {
    const piece = await read(connection, stalledAfter);
    if (!piece) throw new KeylinkError("network");
    if (piece.length > left) connection.ahead = piece.subarray(left);
    left -= piece.length;
  }
}
