/**
 * Requests and their failures: what a server said becomes a KeylinkError, what never arrived becomes `network`.
 */

import { apiCodes, KeylinkError } from "./errors.js";
import { discreet } from "./upload.js";

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
 * @returns {Promise<unknown>} the JSON; null for 204
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

/** @param {Response} answer @returns {Promise<unknown>} @throws {KeylinkError} `unexpected-answer` */
export async function readJSON(answer) {
  if (answer.status === 204) return null;
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeylinkError("unexpected-answer", { status: answer.status, cause });
  }
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

/** @param {string | null} text seconds, or a date @returns {number | undefined} seconds */
function parseRetryAfter(text) {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const seconds = Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
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
   * @param {() => void} [onWait] called if there is going to be another try
   */
  async before(error, onWait) {
    const delay = delays[this.#tries];
    if (!isPassing(error) || delay === undefined) throw error;
    const asked = (error.retryAfter ?? 0) * 1000;
    if (asked > 60_000) throw error; // the reader had better know
    this.#tries += 1;
    onWait?.();
    await this.#wait(Math.max(asked, delay * (0.75 + Math.random() / 2)), this.#signal);
  }
}
