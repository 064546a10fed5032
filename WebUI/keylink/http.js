/**
 * Requests and their failures: what a server said becomes a KeylinkError, what never arrived becomes `network`.
 */

import { apiCodes, KeylinkError } from "./errors.js";
import { octets } from "./streams.js";
import { discreet, LARGEST_ANSWER } from "./upload.js";

/** @typedef {import("./errors.js").Code} Code */

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {string} url
 * @property {Record<string, string>} [headers]
 * @property {Blob} [body]
 * @property {AbortSignal} [signal]
 */

/** Answers without an envelope are small: one that takes longer is lost. */
const ANSWER_WITHIN = 30_000;

/** Milliseconds before each further try: about four minutes in all, a little less than a lease holds. */
const delays = [500, 1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000, 30000, 30000, 30000, 30000];

/**
 * @typedef {(milliseconds: number, signal?: AbortSignal) => Promise<void>} Wait rejects with the signal's reason
 */

/** @type {Wait} */
export function wait(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * A signal that also fires by itself. (AbortSignal.any is younger than node 18.)
 * @param {AbortSignal | undefined} signal
 * @returns {{signal: AbortSignal, within: (milliseconds: number) => void, pause: () => void, stop: () => void, done: () => void}}
 *   `within` starts the clock anew, `pause` stops it; `stop` fires the signal
 */
export function deadline(signal) {
  const controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const pass = () => controller.abort(signal?.reason);
  if (signal?.aborted) pass();
  signal?.addEventListener("abort", pass, { once: true });
  return {
    signal: controller.signal,
    within(milliseconds) {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(new KeylinkError("network")), milliseconds);
    },
    pause: () => clearTimeout(timer),
    stop: () => controller.abort(),
    done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", pass);
    },
  };
}

/**
 * Whatever a request or a body failed with, as what this library throws.
 * @param {unknown} error @param {AbortSignal | undefined} signal the caller's
 * @returns {unknown}
 */
export function toFailure(error, signal) {
  if (signal?.aborted) return signal.reason;
  return error instanceof KeylinkError ? error : new KeylinkError("network");
}

/**
 * @param {typeof globalThis.fetch} fetch
 * @param {Request} request
 * @returns {Promise<Response>} with a status from 200 to 299
 * @throws {KeylinkError}
 */
export async function send(fetch, { method, url, headers, body, signal }) {
  const answer = await fetch(url, { ...discreet, method, headers, body, signal });
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

/**
 * A call with a small answer, within 30 seconds.
 * @param {typeof globalThis.fetch} fetch
 * @param {Request} request
 * @returns {Promise<unknown>} the JSON; undefined for 204
 * @throws {KeylinkError}
 */
export async function call(fetch, request) {
  const limit = deadline(request.signal);
  limit.within(ANSWER_WITHIN);
  try {
    return await readJSON(await send(fetch, { ...request, signal: limit.signal }));
  } catch (error) {
    throw toFailure(error, request.signal);
  } finally {
    limit.done();
  }
}

/**
 * Removes, and believes it with 204 only: a proxy's page with a status of 200 has removed nothing.
 * @param {typeof globalThis.fetch} fetch @param {Omit<Request, "method">} request @throws {KeylinkError}
 */
export async function remove(fetch, request) {
  const answer = await call(fetch, { ...request, method: "DELETE" });
  if (answer !== undefined) throw new KeylinkError("unexpected-answer");
}

/**
 * @param {Response} answer
 * @returns {Promise<unknown>} undefined for 204
 * @throws {KeylinkError} `unexpected-answer`: no JSON, or more than 64 KiB
 */
export async function readJSON(answer) {
  if (answer.status === 204) return undefined;
  const text = await readSmall(answer);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeylinkError("unexpected-answer", { status: answer.status, cause });
  }
}

/** @param {Response} answer @returns {Promise<string>} empty where it is larger than any answer is */
async function readSmall(answer) {
  const decoder = new TextDecoder();
  let size = 0;
  let text = "";
  if (!answer.body) return text;
  for await (const piece of octets(answer.body)) {
    size += piece.length;
    if (size > LARGEST_ANSWER) return "";
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * A problem document (RFC 9457). What a server wrote as prose is not passed on: only codes that are known.
 * @param {Response} answer
 * @returns {Promise<KeylinkError>}
 */
export async function problemOf(answer) {
  const { status } = answer;
  const retryAfter = parseRetryAfter(answer.headers.get("Retry-After"));
  const problem = /** @type {any} */ (
    await readJSON(answer).catch((error) => {
      if (error instanceof KeylinkError) return null; // a proxy's page
      throw error;
    })
  );
  if (!apiCodes.has(problem?.code)) return new KeylinkError("unexpected-answer", { status, retryAfter });
  const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : undefined);
  const at = isTime(problem.at) ? problem.at : undefined;
  return new KeylinkError(problem.code, { status, retryAfter, at, state: text(problem.state) });
}

/** Seconds. A Keylink server asks for an hour at most; what others ask for must stay a date that can be told. */
const LONGEST_RETRY = 86_400;
const httpDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** @param {string | null} text seconds, or a date @returns {number | undefined} seconds; undefined for all else */
function parseRetryAfter(text) {
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text), LONGEST_RETRY);
  const seconds = httpDate.test(text) ? Math.ceil((Date.parse(text) - Date.now()) / 1000) : Number.NaN;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, seconds), LONGEST_RETRY) : undefined;
}

/** @param {unknown} value @returns {value is string} */
export function isTime(value) {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && Number.isFinite(Date.parse(value));
}

/**
 * Whether the same request may well succeed in a while.
 * @param {unknown} error
 * @returns {error is KeylinkError}
 */
export function isPassing(error) {
  if (!(error instanceof KeylinkError)) return false;
  if (error.code === "network" || error.code === "too-slow" || error.code === "too-many-requests") return true;
  return error.status !== undefined && error.status >= 500 && error.code !== "storage-full";
}

/**
 * A proxy's page, as it stands in for a server that is being moved or started: without our code it says nothing about
 * the secret.
 * @param {unknown} error
 * @returns {error is KeylinkError}
 */
function isStandIn(error) {
  return error instanceof KeylinkError && error.code === "unexpected-answer" && [404, 410].includes(error.status ?? 0);
}

/**
 * Waits longer and longer between tries, and gives up in the end.
 */
export class Patience {
  #tries = 0;
  #wait;
  #signal;

  /** @param {Wait} wait @param {AbortSignal} [signal] */
  constructor(wait, signal) {
    this.#wait = wait;
    this.#signal = signal;
  }

  /** There was progress: the next failure is the first again. */
  restart() {
    this.#tries = 0;
  }

  /**
   * @param {unknown} error what the last try failed with; thrown again where waiting is of no use
   * @param {{onWait?: (error: KeylinkError) => void, begun?: boolean}} [options] `onWait` is called if there is going to be
   *   another try; `begun`: the server was there before, so that a foreign 404 or 410 passes as well
   */
  async before(error, { onWait, begun = false } = {}) {
    const delay = delays[this.#tries];
    if (!(isPassing(error) || (begun && isStandIn(error))) || delay === undefined) throw error;
    const asked = (error.retryAfter ?? 0) * 1000;
    if (asked > 60_000) throw error; // the reader had better know
    this.#tries += 1;
    onWait?.(error);
    await this.#wait(Math.max(asked, delay * (0.75 + Math.random() / 2)), this.#signal);
  }
}
