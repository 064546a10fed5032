/**
 * Who computes: workers where the platform has them, this very thread elsewhere (service workers, node).
 *
 * The boundary is as narrow as it can be. A worker gets the content key and batches of boxes, or a passphrase to
 * stretch; streams, records, links and tokens stay with the caller.
 */

import { KeylinkError } from "./errors.js";
import { Resting } from "./resting.js";
import { loadSodium } from "./sodium.js";
import { readPiece } from "./streams.js";
import { trustedScript } from "./trusted.js";

/** @typedef {import("./resting.js").Place} Place */

/**
 * A batch of neighbouring boxes.
 * @typedef {object} Batch
 * @property {Uint8Array | Blob} bytes chunks to seal, or boxes to open; octets are handed over, of no more use to the
 *   caller; a Blob is read by whoever computes
 * @property {number} first index of the first box
 * @property {number} chunkSize
 * @property {boolean} last whether the envelope ends after this batch
 */

/**
 * @typedef {object} BoxCrew
 * @property {number} width how many batches may be under way at once
 * @property {(batch: Batch) => Promise<Uint8Array>} seal
 * @property {(batch: Batch) => Promise<Uint8Array>} open throws `corrupt`
 * @property {() => void} close forgets the key; what is under way never answers
 */

/**
 * @typedef {object} Stretching
 * @property {Uint8Array} passphrase NFC and UTF-8
 * @property {Uint8Array} salt S, 16 octets
 * @property {number} opslimit
 * @property {number} memlimit KiB
 */

/**
 * @typedef {object} Executor
 * @property {(stretching: Stretching, signal?: AbortSignal) => Promise<Uint8Array>} stretch P, 32 octets
 * @property {(contentKey: Uint8Array, size: number | null, place?: Place | null) => BoxCrew} crew for one envelope of about
 *   `size` octets; with the place where it rests, Blobs of a batch are parts of it
 */

/** Computes on the calling thread. @implements {Executor} */
export class InPlace {
  /** @param {Stretching} stretching @param {AbortSignal} [signal] @returns {Promise<Uint8Array>} */
  async stretch({ passphrase, salt, opslimit, memlimit }, signal) {
    const sodium = await loadSodium();
    signal?.throwIfAborted();
    // An instance of its own, which goes with its 64 MiB and more.
    return sodium.another().pwhash(passphrase, salt, opslimit, memlimit);
  }

  /** @param {Uint8Array} contentKey @param {number | null} [_size] @param {Place | null} [place] @returns {BoxCrew} */
  crew(contentKey, _size, place = null) {
    const key = contentKey.slice();
    const resting = new Resting(place);
    return {
      width: 1,
      seal: async ({ bytes, ...position }) => (await loadSodium()).sealBoxes(key, await readPiece(bytes), position),
      open: async ({ bytes, ...position }) =>
        (await loadSodium()).openBoxes(key, await resting.read({ bytes, ...position }), position),
      close: () => void key.fill(0),
    };
  }
}

/** Below this, starting workers takes longer than the work. */
const SMALL = 2 ** 21;
const MOST_WORKERS = 4;

/** What workers run. Written out: Scripts/build-site gives these files names of their own. */
const SEALER = new URL("./worker.js", import.meta.url);
const STRETCHER = new URL("./stretch-worker.js", import.meta.url);

/** Computes on module workers: a pool for each envelope's boxes, a disposable one for each stretching. @implements {Executor} */
export class Workers {
  #here = new InPlace();
  #width;

  /** @param {{width?: number}} [options] how many workers an envelope gets; as many as there are cores, up to 4 */
  constructor({ width } = {}) {
    this.#width = width ?? Math.max(1, Math.min(MOST_WORKERS, globalThis.navigator?.hardwareConcurrency ?? 1));
  }

  /** @param {Stretching} stretching @param {AbortSignal} [signal] @returns {Promise<Uint8Array>} */
  async stretch(stretching, signal) {
    const sodium = await loadSodium();
    const worker = await Labourer.start(STRETCHER, { module: sodium.module });
    if (!worker) return this.#here.stretch(stretching, signal);
    const stop = () => worker.stop(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      signal?.throwIfAborted();
      return await worker.ask({ ...stretching, passphrase: stretching.passphrase.slice() });
    } finally {
      signal?.removeEventListener("abort", stop);
      worker.stop();
    }
  }

  /** @param {Uint8Array} contentKey @param {number | null} size @param {Place | null} [place] @returns {BoxCrew} */
  crew(contentKey, size, place = null) {
    const here = this.#here.crew(contentKey, size, place);
    return size !== null && size < SMALL ? here : new Crew(contentKey, place, this.#width, here);
  }
}

/** @implements {BoxCrew} */
class Crew {
  /** @type {Promise<Labourer | null>[]} */
  #workers = [];
  #next = 0;
  #key;
  #place;
  #here;

  /**
   * @param {Uint8Array} contentKey @param {Place | null} place @param {number} count
   * @param {BoxCrew} here who computes where workers do not start
   */
  constructor(contentKey, place, count, here) {
    this.#key = contentKey.slice();
    this.#place = place;
    this.#here = here;
    // Two for each worker: one that it works on, one that waits.
    this.width = 2 * count;
    this.#workers = Array.from({ length: count }, () => this.#start());
  }

  async #start() {
    const { module } = await loadSodium();
    return await Labourer.start(SEALER, { module, key: this.#key, place: this.#place });
  }

  /** @param {Batch} batch @returns {Promise<Uint8Array>} */
  seal(batch) {
    return this.#give("seal", batch);
  }

  /** @param {Batch} batch @returns {Promise<Uint8Array>} */
  open(batch) {
    return this.#give("open", batch);
  }

  /** @param {"seal" | "open"} what @param {Batch} batch @returns {Promise<Uint8Array>} */
  async #give(what, batch) {
    const worker = await this.#workers[this.#next++ % this.#workers.length];
    const handedOver = batch.bytes instanceof Blob ? [] : [batch.bytes.buffer];
    return worker ? worker.ask({ what, ...batch }, handedOver) : this.#here[what](batch);
  }

  close() {
    this.#key.fill(0);
    this.#here.close();
    for (const starting of this.#workers) starting.then((worker) => worker?.stop());
  }
}

/** One worker that answers questions in the order they were asked. */
class Labourer {
  /** @type {{resolve: (answer: Uint8Array) => void, reject: (error: unknown) => void}[]} */
  #waiting = [];
  #worker;

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      const asked = this.#waiting.shift();
      if (data.answer) asked?.resolve(data.answer);
      else asked?.reject(toError(data));
    };
    worker.onerror = ({ message }) => this.stop(new Error(message));
  }

  /**
   * @param {URL} script
   * @param {object} beginning the first message
   * @returns {Promise<Labourer | null>} null where the worker does not start, as in browsers without module workers
   */
  static start(script, beginning) {
    return new Promise((resolve) => {
      const worker = new Worker(trustedScript(script), { type: "module", name: "keylink" });
      worker.onerror = () => resolve(null);
      worker.onmessage = ({ data }) => resolve(data.ready ? new Labourer(worker) : null);
      worker.postMessage(beginning);
    });
  }

  /** @param {object} question @param {Transferable[]} [transfer] @returns {Promise<Uint8Array>} */
  ask(question, transfer = []) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(question, transfer);
    });
  }

  /** @param {unknown} [reason] what those who wait are told */
  stop(reason = new DOMException("stopped", "AbortError")) {
    this.#worker.terminate();
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}

/**
 * Neither a KeylinkError's code nor, everywhere, a DOMException crosses from a worker by itself.
 * @param {{code?: import("./errors.js").Code, name?: string, message: string}} failure @returns {Error}
 */
function toError({ code, name, message }) {
  if (code) return new KeylinkError(code);
  return name ? new DOMException(message, name) : new Error(message);
}

/** @returns {Executor} */
export function defaultExecutor() {
  return typeof Worker === "function" ? new Workers() : new InPlace();
}
