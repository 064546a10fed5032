/**
 * An envelope that rests, read by whoever opens its boxes, on whatever thread: then the page's own touches none of them.
 */

import { letGo } from "./bytes.js";
import { HEADER_SIZE } from "./header.js";
import { TAG_SIZE } from "./sodium.js";
import { readPiece } from "./streams.js";
import { Veil } from "./veil.js";

/** @typedef {import("./executor.js").Batch} Batch */

/**
 * Where it rests: crosses to workers as it is.
 * @typedef {object} Place
 * @property {FileSystemFileHandle | null} file of the origin's private file system; null: in Blobs
 * @property {CryptoKey | null} veil what lies over it
 */

/**
 * @typedef {object} Access FileSystemSyncAccessHandle, which only workers have
 * @property {(bytes: Uint8Array, options: {at: number}) => number} read
 */

export class Resting {
  #access;
  #veil;

  /** @param {Place | null} place null: nowhere yet, and its octets come as they are @param {Access | null} [access] */
  constructor(place, access = null) {
    this.#access = access;
    this.#veil = place?.veil ? new Veil(place.veil) : null;
  }

  /** In a worker. @param {Place | null} place */
  static async at(place) {
    return new Resting(place, place?.file ? await accessTo(place.file) : null);
  }

  /**
   * @param {Pick<Batch, "bytes" | "first" | "chunkSize">} batch of boxes
   * @returns {Promise<Uint8Array>}
   * @throws {DOMException} `NotReadableError`
   */
  async read({ bytes, first, chunkSize }) {
    if (bytes instanceof Uint8Array) return bytes;
    const at = HEADER_SIZE + first * (chunkSize + TAG_SIZE);
    const resting = this.#access ? readAt(this.#access, bytes.size, at) : await readPiece(bytes);
    if (!this.#veil) return resting;
    const boxes = await this.#veil.over(resting, at);
    letGo(resting);
    return boxes;
  }
}

/**
 * What is read so passes through no other process, as a Blob's octets do. Not every browser lets several read: one that does
 * not know of `mode` would lock the others out.
 * @param {any} file @returns {Promise<Access | null>} null: the Blobs are read
 */
async function accessTo(file) {
  const handles = /** @type {any} */ (globalThis).FileSystemSyncAccessHandle;
  if (!handles || !("mode" in handles.prototype)) return null;
  try {
    return await file.createSyncAccessHandle({ mode: "read-only" });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return null;
  }
}

/** @param {Access} access @param {number} size @param {number} at @returns {Uint8Array} */
function readAt(access, size, at) {
  const bytes = new Uint8Array(size);
  if (access.read(bytes, { at }) < size) throw new DOMException("the file has become shorter", "NotReadableError");
  return bytes;
}
