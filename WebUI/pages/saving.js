/**
 * From ciphertext that the browser keeps to files that the reader has. What is small goes to the browser's downloads at
 * once; what is large goes there, or where the reader says, piece by piece as it is decrypted.
 */

import { LARGEST_BLOB, MemoryKeeper } from "../keylink/keeping.js";
import { download, NotStarted } from "./downloads.js";
import { distinctNames, nameAt, safeName } from "./safenames.js";

/**
 * @typedef {object} Source
 * @property {string} name safe to write
 * @property {number} size
 * @property {() => AsyncGenerator<Uint8Array, void, void>} pieces of the plaintext, anew at each call
 */

/**
 * @typedef {object} Saving
 * @property {(done: number) => void} onProgress octets of this file
 * @property {AbortSignal} signal
 */

/** @typedef {{handed: boolean, name: string}} Saved `handed`: to the browser's downloads, which have the last word */

/** @typedef {(() => Promise<ServiceWorkerRegistration>) | null} Saver registers saver.js; null where there is none */

/** Up to here a file is decrypted as a whole and handed over: no question, and no list of windows to go through. */
const SMALL = 64 * 2 ** 20;
/** How long a Blob's address has to live, in milliseconds: browsers start to read it some time after the click. */
const HANDING_OVER = 60_000;

const pickers = /** @type {any} */ (globalThis);
const canPickFile = () => typeof pickers.showSaveFilePicker === "function";
const canPickFolder = () => typeof pickers.showDirectoryPicker === "function";

export class Ways {
  #saver;

  /** @param {Saver} saver */
  constructor(saver) {
    this.#saver = saver;
  }

  /** @returns {number} the largest file that can be saved, as far as is known */
  get limit() {
    return canPickFile() || this.#saver ? Number.POSITIVE_INFINITY : LARGEST_BLOB;
  }

  /**
   * Call it at a click: the browser asks where to only then.
   * @param {Source} source @param {Saving} saving
   * @returns {Promise<Saved>}
   * @throws {DOMException} `AbortError` where the reader chose no place or stopped it; else what reading or writing failed with
   */
  async save(source, saving) {
    const { size } = source;
    const named = { ...source, name: safeName(source.name) };
    if (size > SMALL && canPickFile()) {
      const handle = await pickers.showSaveFilePicker({ suggestedName: named.name });
      await write(handle, named, saving);
      return { handed: false, name: handle.name };
    }
    return await this.#handOver(named, saving);
  }

  /**
   * All of them into one folder, or one after the other to the downloads; what becomes of one keeps the others from nothing.
   * @param {readonly Source[]} sources @param {(at: number) => Saving} begin
   * @param {(at: number, saving: Promise<Saved>) => Promise<void>} follow tells of one, however it ends
   * @throws {DOMException} `AbortError` where the reader chose no folder
   */
  async saveAll(sources, begin, follow) {
    const folder = canPickFolder() ? await pickers.showDirectoryPicker({ mode: "readwrite" }) : null;
    const names = distinctNames(sources.map(({ name }) => name)); // what is in the downloads already, the browser knows
    for (const [at, source] of sources.entries()) {
      const into = folder ? writeInto(folder, source, begin(at)) : this.#handOver({ ...source, name: names[at] }, begin(at));
      await follow(at, into);
    }
  }

  /** @param {Source} source @param {Saving} saving @returns {Promise<Saved>} */
  async #handOver(source, saving) {
    const { signal } = saving;
    const handed = { handed: true, name: source.name };
    if (source.size > SMALL && this.#saver) {
      try {
        await download(source, counted(source, saving), { saver: this.#saver, signal });
        return handed;
      } catch (error) {
        if (!(error instanceof NotStarted)) throw error;
        this.#saver = null; // it will not do for the next file either
      }
    }
    handOverWhole(await blobOf(counted(source, saving)), source.name);
    return handed;
  }
}

/** The octets on their way, counted, and stopped when the reader says so. @param {Source} source @param {Saving} saving */
async function* counted({ pieces }, { onProgress, signal }) {
  let done = 0;
  for await (const piece of pieces()) {
    signal.throwIfAborted();
    yield piece;
    done += piece.length;
    onProgress(done);
  }
  signal.throwIfAborted(); // while the last one was written
}

/**
 * In Blobs of some MiB each, which browsers can put aside. Never with the sender's type: a Blob that says it is HTML could be
 * opened as a document of this site.
 * @param {AsyncGenerator<Uint8Array, void, void>} pieces
 * @returns {Promise<Blob>}
 */
async function blobOf(pieces) {
  const keeper = new MemoryKeeper();
  for await (const piece of pieces) await keeper.write(piece);
  return (await keeper.finish()).slice(0, undefined, "application/octet-stream");
}

/** @param {Blob} blob @param {string} name */
function handOverWhole(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), HANDING_OVER);
}

/** What fails or is stopped leaves the file as it was before. @param {FileSystemFileHandle} handle @param {Source} source @param {Saving} saving */
async function write(handle, source, saving) {
  const file = await handle.createWritable();
  try {
    for await (const piece of counted(source, saving)) await file.write(/** @type {BufferSource} */ (piece));
    await file.close();
  } catch (error) {
    await file.abort().catch(() => undefined); // it may have failed by itself
    throw error;
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder @param {Source} source @param {Saving} saving
 * @returns {Promise<Saved>} under the name it got
 */
async function writeInto(folder, source, saving) {
  const handle = await newFile(folder, safeName(source.name));
  try {
    await write(handle, source, saving);
    return { handed: false, name: handle.name };
  } catch (error) {
    await folder.removeEntry(handle.name).catch(() => undefined); // gone with its folder: what counts is the first failure
    throw error;
  }
}

/** One that was not there before: nothing is overwritten. @param {FileSystemDirectoryHandle} folder @param {string} name */
async function newFile(folder, name) {
  for (let turn = 1; ; turn++) {
    const free = await freeIn(folder, nameAt(name, turn));
    if (free !== null) return await folder.getFileHandle(free, { create: true });
  }
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name @returns {Promise<string | null>} null: taken */
async function freeIn(folder, name) {
  try {
    await folder.getFileHandle(name);
    return null;
  } catch (error) {
    if (error instanceof TypeError) return await freeIn(folder, `${name}_`); // endings that the browser writes for nobody
    if (!(error instanceof DOMException) || !["NotFoundError", "TypeMismatchError"].includes(error.name)) throw error;
    return error.name === "NotFoundError" ? name : null;
  }
}
