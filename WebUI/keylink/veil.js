/**
 * What lies over opened ciphertext while it rests on a disk: AES-CTR under a key that is drawn for one file, is in the
 * page's memory alone, and ends with it (Spec/decisions/0018).
 *
 * It is there so that what a page leaves behind that has died opens with nothing. It proves nothing: the boxes below it do.
 * The browser's own AES takes no time worth the name, and reaches any block without those before it.
 */

const KEY_BITS = 256;
/** Octets of AES's block: the counter counts these from the file's beginning. */
const BLOCK = 16;

export class Veil {
  /** @param {CryptoKey} key which crosses to a worker, but not out of this browser */
  constructor(key) {
    this.key = key;
  }

  /** @returns {Promise<Veil>} under a new key, for one file: nobody gets it out of there again */
  static async draw() {
    const kind = { name: "AES-CTR", length: KEY_BITS };
    const key = await globalThis.crypto.subtle.generateKey(kind, false, ["encrypt"]);
    return new Veil(/** @type {CryptoKey} */ (key));
  }

  /**
   * Puts the veil on, or takes it off: with a counter both are the same.
   * @param {Uint8Array} bytes @param {number} at where they begin in the file: a whole number of blocks
   * @returns {Promise<Uint8Array>}
   */
  async over(bytes, at) {
    const counter = new Uint8Array(BLOCK);
    new DataView(counter.buffer).setBigUint64(BLOCK - 8, BigInt(at / BLOCK));
    const way = { name: "AES-CTR", counter, length: 64 };
    return new Uint8Array(await globalThis.crypto.subtle.encrypt(way, this.key, /** @type {BufferSource} */ (bytes)));
  }
}
