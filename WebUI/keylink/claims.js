/**
 * Claim records: what lets a client go on with a claim after a lost answer, a reload or a crash. Worthless without the
 * link key, which is never among them.
 */

import { toBase64url } from "./bytes.js";
import { KeylinkError } from "./errors.js";
import { loadSodium, randomBytes } from "./sodium.js";

/**
 * @typedef {object} ClaimRecord
 * @property {string} base
 * @property {string} id
 * @property {string} key the claim's name, drawn by this client
 * @property {string} parameters base64url of the 48 octets
 * @property {boolean} begun the server has answered with octets; else nobody knows whether it took a view
 * @property {number} at Unix milliseconds of the last sign of life: the lease holds 5 minutes from there
 */

/**
 * A claim held by this client alone until `release`.
 * @typedef {object} HeldClaim
 * @property {ClaimRecord} record
 * @property {() => Promise<void>} touch notes that the claim has begun, and is alive
 * @property {() => Promise<void>} forget removes the record
 * @property {() => Promise<void>} release lets others (tabs) have it; they can once this has resolved
 */

/**
 * @typedef {object} ClaimStore
 * @property {(base: string, id: string) => Promise<ClaimRecord | null>} get
 * @property {(base: string, id: string, parameters: string) => Promise<HeldClaim>} hold the record that is there, or a
 *   new one, durable before this answers; throws `in-use` while another tab holds it
 */

/** How long the server remembers a claim after the secret has ended, and the longest that a secret may live. */
const OLDEST = (7 + 30) * 24 * 3600 * 1000;

/** @param {string} base @param {string} id @returns {string} */
const nameOf = (base, id) => `keylink-claim ${base} ${id}`;
const isName = (/** @type {string} */ name) => name.startsWith("keylink-claim ");

/**
 * What the stores share. A store says how one value is read, written and removed, and how a name is locked.
 * @abstract
 * @implements {ClaimStore}
 */
class Claims {
  /** @param {LockManager | null} locks null: nobody else is there */
  constructor(locks) {
    this.locks = locks;
  }

  /** @abstract @param {string} _name @returns {Promise<ClaimRecord | null>} */
  async read(_name) {
    return null;
  }
  /** @abstract @param {string} _name @param {ClaimRecord} _record @returns {Promise<void>} */
  async write(_name, _record) {}
  /** @abstract @param {string} _name @returns {Promise<void>} */
  async remove(_name) {}
  /** @abstract @returns {Promise<string[]>} */
  async names() {
    return [];
  }

  /** @param {string} base @param {string} id @returns {Promise<ClaimRecord | null>} */
  get(base, id) {
    return this.read(nameOf(base, id));
  }

  /** @param {string} base @param {string} id @param {string} parameters @returns {Promise<HeldClaim>} */
  async hold(base, id, parameters) {
    const name = nameOf(base, id);
    const release = await this.#lock(name);
    try {
      let record = await this.read(name);
      if (!record) {
        await loadSodium(); // randomness
        record = { base, id, key: toBase64url(randomBytes(24)), parameters, begun: false, at: Date.now() };
        await this.#dropOld();
        await this.write(name, record);
      }
      const held = record;
      return {
        record: held,
        touch: () => this.write(name, Object.assign(held, { begun: true, at: Date.now() })),
        forget: () => this.remove(name),
        release,
      };
    } catch (error) {
      await release();
      throw error;
    }
  }

  /**
   * Two tabs under one claim would cut each other's download again and again: the second is told so instead.
   * @param {string} name @returns {Promise<() => Promise<void>>} how to let go
   */
  #lock(name) {
    const locks = this.locks;
    if (!locks) return Promise.resolve(async () => undefined);
    return new Promise((resolve, reject) => {
      const request = locks.request(name, { ifAvailable: true }, (lock) => {
        if (!lock) throw new KeylinkError("in-use");
        return new Promise((letGo) => {
          resolve(() => {
            letGo(undefined);
            return gone;
          });
        });
      });
      // Settled only once the lock is free again: whoever asks for it before gets none.
      const gone = request.then(() => undefined, reject);
    });
  }

  /** Records of links that nobody opened again: their claims are over, wherever they were made. */
  async #dropOld() {
    for (const name of await this.names()) {
      const record = await this.read(name);
      if (!record || Date.now() - record.at > OLDEST) await this.remove(name);
    }
  }
}

/** @returns {LockManager | null} */
const globalLocks = () => globalThis.navigator?.locks ?? null;

/** For tests, and for programs that live no longer than their claim. */
export class MemoryClaims extends Claims {
  /** @type {Map<string, ClaimRecord>} */
  #records = new Map();

  /** @param {{locks?: LockManager | null}} [options] */
  constructor({ locks = null } = {}) {
    super(locks);
  }

  /** @override @param {string} name */
  async read(name) {
    return this.#records.get(name) ?? null;
  }
  /** @override @param {string} name @param {ClaimRecord} record */
  async write(name, record) {
    this.#records.set(name, { ...record });
  }
  /** @override @param {string} name */
  async remove(name) {
    this.#records.delete(name);
  }
  /** @override */
  async names() {
    return [...this.#records.keys()];
  }
}

/**
 * The page's: localStorage, which is durable when `setItem` returns, drawn under a Web Lock on the ID. Where other pages of
 * the same origin have filled it, a record lives as long as this page: a secret must not stay shut for that.
 */
export class LocalClaims extends Claims {
  #storage;
  /** @type {Map<string, ClaimRecord>} */
  #unstored = new Map();

  /** @param {{storage?: Storage, locks?: LockManager | null}} [options] the page's own otherwise */
  constructor({ storage = globalThis.localStorage, locks = globalLocks() } = {}) {
    super(locks);
    this.#storage = storage;
  }

  /** @override @param {string} name */
  async read(name) {
    return this.#unstored.get(name) ?? toRecord(parseJSON(this.#storage.getItem(name)));
  }
  /** @override @param {string} name @param {ClaimRecord} record */
  async write(name, record) {
    try {
      this.#storage.setItem(name, JSON.stringify(record));
      this.#unstored.delete(name);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
      this.#unstored.set(name, record);
    }
  }
  /** @override @param {string} name */
  async remove(name) {
    this.#unstored.delete(name);
    this.#storage.removeItem(name);
  }
  /** @override */
  async names() {
    const names = Array.from({ length: this.#storage.length }, (_, at) => this.#storage.key(at) ?? "");
    return names.filter(isName);
  }
}

/**
 * @typedef {object} StorageArea as browsers give it to extensions
 * @property {(keys: string | null) => Promise<Record<string, any>>} get
 * @property {(items: Record<string, any>) => Promise<void>} set
 * @property {(keys: string) => Promise<void>} remove
 */

/** The extension's: a storage area such as `storage.session`. */
export class AreaClaims extends Claims {
  #area;

  /** @param {StorageArea} area @param {{locks?: LockManager | null}} [options] */
  constructor(area, { locks = globalLocks() } = {}) {
    super(locks);
    this.#area = area;
  }

  /** @override @param {string} name */
  async read(name) {
    return toRecord((await this.#area.get(name))[name]);
  }
  /** @override @param {string} name @param {ClaimRecord} record */
  async write(name, record) {
    await this.#area.set({ [name]: record });
  }
  /** @override @param {string} name */
  async remove(name) {
    await this.#area.remove(name);
  }
  /** @override */
  async names() {
    return Object.keys(await this.#area.get(null)).filter(isName);
  }
}

/** @param {string | null} text @returns {unknown} null for what is not JSON: somebody else's, or cut */
function parseJSON(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Other scripts and older versions write here too. @param {any} value @returns {ClaimRecord | null} */
function toRecord(value) {
  const { base, id, key, parameters, begun, at } = value ?? {};
  const texts = [base, id, key, parameters].every((text) => typeof text === "string");
  if (!texts || !/^[A-Za-z0-9_-]{22,64}$/.test(key) || !/^[A-Za-z0-9_-]{64}$/.test(parameters)) return null;
  return { base, id, key, parameters, begun: begun === true, at: Number.isSafeInteger(at) ? at : 0 };
}
