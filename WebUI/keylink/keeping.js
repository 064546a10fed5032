/**
 * Where an envelope rests from its arrival until the reader has saved what is in it, or from its sealing until the server
 * has it: as ciphertext, and never otherwise (Spec/decisions/0018).
 *
 * What is small stays in memory. What is large goes into the origin's private file system, where there is one; elsewhere
 * into Blobs, which browsers move to their own disk as they like.
 */

import { letGo } from "./bytes.js";
import { KeylinkError } from "./errors.js";
import { trustedScript } from "./trusted.js";
import { Veil } from "./veil.js";

/** What the worker runs. Written out: Scripts/build-site gives this file a name of its own. */
const WRITER = new URL("./keep-worker.js", import.meta.url);

/**
 * @typedef {object} Keeper
 * @property {(piece: Uint8Array) => Promise<void>} write
 * @property {boolean} onDisk in a file; else as the browser holds Blobs
 * @property {import("./resting.js").Place} place where it rests, once it is finished
 * @property {() => Promise<Blob>} finish all of it, once it would survive whatever the place survives
 * @property {() => Promise<void>} discard removes all of it; whatever state it is in
 */

/** The folder in the private file system. Each file in it is held by its page under a Web Lock of its name. */
const FOLDER = "keylink-kept";
/** Up to here the disk is left alone. */
const SMALL = 16 * 2 ** 20;
/** Octets that are put into a Blob at once. */
const PART = 8 * 2 ** 20;
/** Octets that are written into a file at once. */
const PORTION = 2 ** 20;
/** Blobs of this size are opened and saved in the tests of every engine; what larger ones do depends on the device. */
export const LARGEST_BLOB = 300_000_000;

/** @param {string} name */
const lockOf = (name) => `${FOLDER} ${name}`;

/** In memory, as Blobs. @implements {Keeper} */
export class MemoryKeeper {
  onDisk = false;
  /** @type {import("./resting.js").Place} */
  place = { file: null, veil: null };
  /** @type {Blob[]} */ #blobs = [];
  /** @type {Uint8Array[]} */ #parts = [];
  #size = 0;

  /** @param {Uint8Array} piece */
  async write(piece) {
    this.#size += piece.length;
    const isFull = this.#size >= PART;
    this.#parts.push(isFull ? piece : piece.slice()); // a Blob takes its own copy at once
    if (isFull) this.#pack();
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
  /** @type {import("./resting.js").Place} */
  place;
  #name = globalThis.crypto.randomUUID();
  #worker;
  #veil;
  /** Two, one being filled and one being written: nothing is left for a collector of garbage to come after. */
  /** @type {Uint8Array} */ #filling = new Uint8Array(PORTION);
  #filled = 0;
  #size = 0;
  /** @type {Promise<Uint8Array>} comes back when what it held is written */ #written = Promise.resolve(new Uint8Array(PORTION));
  /** @type {() => void} */ #letGo = () => undefined;
  /** @type {{resolve: (back: Uint8Array) => void, reject: (error: unknown) => void} | null} */ #asked = null;

  /** @param {Worker} worker @param {Veil | null} veil */
  constructor(worker, veil) {
    this.#worker = worker;
    this.#veil = veil;
    this.place = { file: null, veil: veil?.key ?? null };
    worker.onmessage = ({ data }) => this.#answered(data.back ?? null);
    worker.onerror = () => this.#answered(null);
  }

  /**
   * @param {Veil | null} veil to put over it
   * @returns {Promise<DiskKeeper | null>} null where there is no such file system, or it does not take anything
   */
  static async start(veil) {
    if (!navigator.storage?.getDirectory || !navigator.locks || typeof Worker !== "function") return null;
    const keeper = new DiskKeeper(new Worker(trustedScript(WRITER), { type: "module", name: "keylink" }), veil);
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

  /** @param {Uint8Array} piece of which nothing is needed any more once this has resolved */
  async write(piece) {
    for (let rest = piece; rest.length > 0; ) {
      const part = rest.subarray(0, PORTION - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
      if (this.#filled === PORTION) await this.#pass();
    }
  }

  async finish() {
    await this.#pass();
    await this.#written;
    await this.#ask({ end: true });
    this.#worker.terminate();
    this.place.file = await (await folder()).getFileHandle(this.#name);
    return await this.place.file.getFile();
  }

  async discard() {
    this.#worker.terminate(); // which also lets go of the file
    try {
      await removed(this.#name);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // never made, or held for too long: swept by the next visit
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

  /** Hands over what is filled, once what was handed over before is written. */
  async #pass() {
    const empty = await this.#written;
    this.#written = this.#append(this.#filling, this.#filled);
    this.#written.catch(() => undefined); // awaited at the next: not unhandled in the meantime
    this.#filling = empty;
    this.#filled = 0;
  }

  /** @param {Uint8Array} bytes @param {number} size of them that count @returns {Promise<Uint8Array>} one as long, to fill */
  async #append(bytes, size) {
    const at = this.#size;
    this.#size += size;
    if (!this.#veil) return await this.#ask({ bytes, size }, [bytes.buffer]);
    const covered = await this.#veil.over(bytes.subarray(0, size), at); // all portions but the last are whole blocks
    letGo(await this.#ask({ bytes: covered, size }, [covered.buffer]));
    return bytes;
  }

  /** @param {object} message @param {Transferable[]} [transfer] @returns {Promise<Uint8Array>} what was lent with it */
  #ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      this.#worker.postMessage(message, transfer);
    });
  }

  /** @param {Uint8Array | null} back null: it did not work */
  #answered(back) {
    const asked = this.#asked;
    this.#asked = null;
    if (back) asked?.resolve(back);
    else asked?.reject(new KeylinkError("no-room"));
  }
}

/** @returns {Promise<FileSystemDirectoryHandle>} */
async function folder() {
  return await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

/**
 * Workers that were just sent away have the file open for a moment longer.
 * @param {string} name @param {number} [tries]
 */
async function removed(name, tries = 20) {
  try {
    await (await folder()).removeEntry(name);
  } catch (error) {
    const isOpen = error instanceof DOMException && error.name === "NoModificationAllowedError";
    if (!isOpen || tries <= 1) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await removed(name, tries - 1);
  }
}

/**
 * For what was sealed here: the server is sent what rests, as it is.
 * @param {number} size octets of the envelope
 * @returns {Promise<Keeper>}
 */
export async function keeperFor(size) {
  if (size <= SMALL) return new MemoryKeeper();
  return (await DiskKeeper.start(null)) ?? new MemoryKeeper();
}

/**
 * For what was opened here, and whose link others may hold: what rests in a file is of no use without this page.
 * @param {number} size octets of the envelope
 * @returns {Promise<Keeper>}
 */
export async function veiledKeeperFor(size) {
  if (size <= SMALL || !globalThis.crypto.subtle) return new MemoryKeeper(); // what has no such cipher has no such files
  return (await DiskKeeper.start(await Veil.draw())) ?? new MemoryKeeper();
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
