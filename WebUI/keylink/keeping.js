/**
 * Where an envelope rests from its arrival until the reader has saved what is in it: as ciphertext, and never otherwise
 * (Spec/decisions/0018).
 *
 * What is small stays in memory. What is large goes into the origin's private file system, where there is one; elsewhere
 * into Blobs, which browsers move to their own disk as they like.
 */

import { KeylinkError } from "./errors.js";
import { trustedScript } from "./trusted.js";

/** What the worker runs. Written out: Scripts/build-site gives this file a name of its own. */
const WRITER = new URL("./keep-worker.js", import.meta.url);

/**
 * @typedef {object} Keeper
 * @property {(piece: Uint8Array) => Promise<void>} write
 * @property {boolean} onDisk in a file; else as the browser holds Blobs
 * @property {() => Promise<Blob>} finish all of it, once it would survive whatever the place survives
 * @property {() => Promise<void>} discard removes all of it; whatever state it is in
 */

/** The folder in the private file system. Each file in it is held by its page under a Web Lock of its name. */
const FOLDER = "keylink-kept";
/** Up to here the disk is left alone. */
const SMALL = 16 * 2 ** 20;
/** Octets that are put into a Blob at once. */
const PART = 8 * 2 ** 20;
/** A Blob of more than this has been seen to fail where memory is short. */
export const LARGEST_BLOB = 500_000_000;

/** @param {string} name */
const lockOf = (name) => `${FOLDER} ${name}`;

/** In memory, as Blobs. @implements {Keeper} */
export class MemoryKeeper {
  onDisk = false;
  /** @type {Blob[]} */ #blobs = [];
  /** @type {Uint8Array[]} */ #parts = [];
  #size = 0;

  /** @param {Uint8Array} piece */
  async write(piece) {
    this.#parts.push(piece.slice());
    this.#size += piece.length;
    if (this.#size >= PART) this.#pack();
  }

  async finish() {
    this.#pack();
    return new Blob(this.#blobs);
  }

  async discard() {
    this.#parts = [];
    this.#blobs = [];
  }

  #pack() {
    this.#blobs.push(new Blob(/** @type {BlobPart[]} */ (this.#parts)));
    this.#parts = [];
    this.#size = 0;
  }
}

/** In a file of the origin's private file system. @implements {Keeper} */
export class DiskKeeper {
  onDisk = true;
  #name = globalThis.crypto.randomUUID();
  #worker;
  /** @type {() => void} */ #letGo = () => undefined;
  /** @type {{resolve: () => void, reject: (error: unknown) => void} | null} */ #asked = null;

  /** @param {Worker} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#answered(data.failed);
    worker.onerror = () => this.#answered("Error");
  }

  /** @returns {Promise<DiskKeeper | null>} null where there is no such file system, or it does not take anything */
  static async start() {
    if (!navigator.storage?.getDirectory || !navigator.locks || typeof Worker !== "function") return null;
    const keeper = new DiskKeeper(new Worker(trustedScript(WRITER), { type: "module", name: "keylink" }));
    try {
      await keeper.#lock();
      await keeper.#ask({ folder: FOLDER, name: keeper.#name });
      return keeper;
    } catch (error) {
      if (!(error instanceof KeylinkError)) throw error;
      await keeper.discard();
      return null;
    }
  }

  /** @param {Uint8Array} piece */
  async write(piece) {
    const copy = piece.slice(); // the other goes on to be opened
    await this.#ask(copy, [copy.buffer]);
  }

  async finish() {
    await this.#ask(null);
    this.#worker.terminate();
    return await (await (await folder()).getFileHandle(this.#name)).getFile();
  }

  async discard() {
    this.#worker.terminate(); // which also lets go of the file
    try {
      await (await folder()).removeEntry(this.#name);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // never made, or not let go of yet: swept by the next visit
    } finally {
      this.#letGo();
    }
  }

  /** Before there is a file: nobody may take it for one that was left behind. @returns {Promise<void>} */
  #lock() {
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(lockOf(this.#name), () => {
          resolve();
          return new Promise((letGo) => {
            this.#letGo = () => letGo(undefined);
          });
        })
        .catch(reject);
    });
  }

  /** @param {unknown} message @param {Transferable[]} [transfer] @returns {Promise<void>} */
  #ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      this.#worker.postMessage(message, transfer);
    });
  }

  /** @param {string} [failed] */
  #answered(failed) {
    const asked = this.#asked;
    this.#asked = null;
    if (failed) asked?.reject(new KeylinkError("no-room"));
    else asked?.resolve();
  }
}

/** @returns {Promise<FileSystemDirectoryHandle>} */
async function folder() {
  return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

/**
 * @param {number} size octets of the envelope
 * @returns {Promise<Keeper>}
 */
export async function keeperFor(size) {
  if (size <= SMALL) return new MemoryKeeper();
  return (await DiskKeeper.start()) ?? new MemoryKeeper();
}

/**
 * What can be said before anything is opened.
 * @param {number} size octets of the envelope
 * @returns {Promise<{place: "memory" | "disk", room: number}>} octets that fit, as far as the browser tells
 */
export async function roomFor(size) {
  if (size <= SMALL || !(await hasDisk())) return { place: "memory", room: LARGEST_BLOB };
  const { quota = Number.POSITIVE_INFINITY, usage = 0 } = (await navigator.storage.estimate?.()) ?? {};
  return { place: "disk", room: Math.max(0, quota - usage) };
}

/** @returns {Promise<boolean>} */
async function hasDisk() {
  if (!navigator.storage?.getDirectory || !navigator.locks || typeof Worker !== "function") return false;
  try {
    await navigator.storage.getDirectory();
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false; // private windows of some browsers
    throw error;
  }
}

/** Removes what pages have left behind that are gone: closed in the middle, crashed. What is in use is under a lock. */
export async function sweepKept() {
  if (!(await hasDisk())) return;
  const kept = await folder();
  for await (const name of /** @type {any} */ (kept).keys()) {
    await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
      if (lock) await kept.removeEntry(name).catch(() => undefined); // another tab was faster
    });
  }
}
