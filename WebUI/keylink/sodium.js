/**
 * libsodium, as WebAssembly: the functions that Keylink uses, over octets (Scripts/build-sodium-wasm makes the module).
 *
 * A module has one linear memory, and JavaScript can look into all of it. So nothing stays there: every call copies in
 * what it needs and wipes it before it answers.
 */

import { KeylinkError } from "./errors.js";

/**
 * @typedef {object} Exports
 * @property {WebAssembly.Memory} memory
 * @property {WebAssembly.Global} __stack_pointer between calls: the end of the stack, which begins at 0
 * @property {() => void} keylink_start
 * @property {(size: number) => number} malloc
 * @property {(at: number) => void} free
 * @property {(out: number, message: number, size: bigint, nonce: number, key: number) => number} crypto_secretbox_easy
 * @property {(out: number, box: number, size: bigint, nonce: number, key: number) => number} crypto_secretbox_open_easy
 * @property {(out: number, outSize: number, message: number, size: bigint, key: number, keySize: number) => number} crypto_generichash
 * @property {(out: number, outSize: number, id: bigint, context: number, key: number) => number} crypto_kdf_derive_from_key
 * @property {(out: number, outSize: bigint, password: number, size: bigint, salt: number, opslimit: bigint, memlimit: number, algorithm: number) => number} crypto_pwhash
 */

/**
 * Where neighbouring boxes stand.
 * @typedef {object} Position
 * @property {number} first index of the first
 * @property {number} chunkSize
 * @property {boolean} last whether the envelope ends after these
 */

export const TAG_SIZE = 16;
const KEY_SIZE = 32;
const NONCE_SIZE = 24;
const ARGON2ID13 = 2;

/** Where a nonce says that its box is the last (Spec § Boxes). */
const NONCE_LAST = 15;
const NONCE_INDEX = 16;

export class Sodium {
  /** @type {Exports} */
  #wasm;

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.module = module;
    this.#wasm = /** @type {Exports} */ (/** @type {unknown} */ (new WebAssembly.Instance(module).exports));
    this.#wasm.keylink_start();
  }

  /**
   * BLAKE2b.
   * @param {number} size octets wanted, 16 to 64
   * @param {Uint8Array} message
   * @param {Uint8Array} [key]
   * @returns {Uint8Array}
   */
  generichash(size, message, key = new Uint8Array()) {
    return this.#scratch(size + message.length + key.length, (at, memory) => {
      const messageAt = at + size;
      const keyAt = messageAt + message.length;
      memory.set(message, messageAt);
      memory.set(key, keyAt);
      this.#wasm.crypto_generichash(at, size, messageAt, BigInt(message.length), key.length ? keyAt : 0, key.length);
      return memory.slice(at, at + size);
    });
  }

  /**
   * @param {Uint8Array} key 32 octets
   * @param {number} id
   * @param {string} context 8 ASCII characters
   * @returns {Uint8Array} 32 octets
   */
  kdf(key, id, context) {
    return this.#scratch(2 * KEY_SIZE + 8, (at, memory) => {
      memory.set(key, at + KEY_SIZE);
      memory.set(new TextEncoder().encode(context), at + 2 * KEY_SIZE);
      this.#wasm.crypto_kdf_derive_from_key(at, KEY_SIZE, BigInt(id), at + 2 * KEY_SIZE, at + KEY_SIZE);
      return memory.slice(at, at + KEY_SIZE);
    });
  }

  /**
   * Argon2id. The memory that this takes never shrinks again: use an instance that can be thrown away (`another`).
   * @param {Uint8Array} password
   * @param {Uint8Array} salt 16 octets
   * @param {number} opslimit
   * @param {number} memlimit KiB
   * @returns {Uint8Array} 32 octets
   * @throws {KeylinkError} `out-of-memory`
   */
  pwhash(password, salt, opslimit, memlimit) {
    return this.#scratch(KEY_SIZE + salt.length + password.length, (at, memory) => {
      const saltAt = at + KEY_SIZE;
      const passwordAt = saltAt + salt.length;
      memory.set(salt, saltAt);
      memory.set(password, passwordAt);
      const failed = this.#wasm.crypto_pwhash(
        at,
        BigInt(KEY_SIZE),
        passwordAt,
        BigInt(password.length),
        saltAt,
        BigInt(opslimit),
        memlimit * 1024,
        ARGON2ID13,
      );
      if (failed) throw new KeylinkError("out-of-memory");
      return this.#memory().slice(at, at + KEY_SIZE);
    });
  }

  /** @returns {Sodium} with a memory of its own */
  another() {
    return new Sodium(this.module);
  }

  /**
   * Chunks to boxes (Spec § Boxes).
   * @param {Uint8Array} key the content key
   * @param {Uint8Array} chunks whole chunks, but for a shorter last one of the envelope; at least one octet
   * @param {Position} position
   * @param {Uint8Array} [boxes] as long as all of them; may begin where the chunks do, and overwrites them then
   * @returns {Uint8Array}
   */
  sealBoxes(key, chunks, { first, chunkSize, last }, boxes = new Uint8Array(boxedSize(chunks.length, chunkSize))) {
    const boxSize = chunkSize + TAG_SIZE;
    const count = Math.ceil(chunks.length / chunkSize);
    return this.#scratch(KEY_SIZE + NONCE_SIZE + boxSize, (at, memory) => {
      const nonceAt = at + KEY_SIZE;
      const boxAt = nonceAt + NONCE_SIZE;
      memory.set(key, at);
      // From the last on: a box ends where the next chunk has begun.
      for (let index = count - 1; index >= 0; index--) {
        const chunk = chunks.subarray(index * chunkSize, (index + 1) * chunkSize);
        memory.set(chunk, boxAt + TAG_SIZE);
        writeNonce(memory, nonceAt, first + index, last && index === count - 1);
        this.#wasm.crypto_secretbox_easy(boxAt, boxAt + TAG_SIZE, BigInt(chunk.length), nonceAt, at);
        boxes.set(memory.subarray(boxAt, boxAt + TAG_SIZE + chunk.length), index * boxSize);
      }
      return boxes;
    });
  }

  /**
   * Boxes to chunks: all of them, or none.
   * @param {Uint8Array} key the content key
   * @param {Uint8Array} boxes whole boxes, but for a shorter last one of the envelope; overwritten by the chunks
   * @param {Position} position
   * @returns {Uint8Array}
   * @throws {KeylinkError} `corrupt`
   */
  openBoxes(key, boxes, { first, chunkSize, last }) {
    const boxSize = chunkSize + TAG_SIZE;
    const count = Math.ceil(boxes.length / boxSize);
    // An empty chunk is refused even where its tag is right: there is one way only to cut a payload.
    if (boxes.length - (count - 1) * boxSize <= TAG_SIZE) throw new KeylinkError("corrupt");
    return this.#scratch(KEY_SIZE + NONCE_SIZE + boxSize, (at, memory) => {
      const nonceAt = at + KEY_SIZE;
      const boxAt = nonceAt + NONCE_SIZE;
      const chunkAt = boxAt + TAG_SIZE;
      memory.set(key, at);
      for (let index = 0; index < count; index++) {
        const box = boxes.subarray(index * boxSize, (index + 1) * boxSize);
        memory.set(box, boxAt);
        writeNonce(memory, nonceAt, first + index, last && index === count - 1);
        if (this.#wasm.crypto_secretbox_open_easy(chunkAt, boxAt, BigInt(box.length), nonceAt, at)) {
          boxes.fill(0, 0, index * chunkSize);
          throw new KeylinkError("corrupt");
        }
        boxes.set(memory.subarray(chunkAt, boxAt + box.length), index * chunkSize);
      }
      return boxes.subarray(0, boxes.length - count * TAG_SIZE);
    });
  }

  #memory() {
    return new Uint8Array(this.#wasm.memory.buffer);
  }

  /**
   * Lends `size` octets of the module's memory, and wipes them whatever happens.
   * @template Result
   * @param {number} size
   * @param {(at: number, memory: Uint8Array) => Result} use `memory` goes stale once the module's memory has grown
   * @returns {Result}
   */
  #scratch(size, use) {
    const at = this.#wasm.malloc(size);
    if (at === 0) throw new KeylinkError("out-of-memory");
    try {
      return use(at, this.#memory());
    } finally {
      // The stack as well: libsodium wipes its keys there, but not all that is derived from them.
      this.#memory()
        .fill(0, at, at + size)
        .fill(0, 0, this.#wasm.__stack_pointer.value);
      this.#wasm.free(at);
    }
  }
}

/** @param {number} size octets of chunks @param {number} chunkSize @returns {number} octets of their boxes */
export const boxedSize = (size, chunkSize) => size + TAG_SIZE * Math.ceil(size / chunkSize);

/** @param {Uint8Array} memory @param {number} at @param {number} index @param {boolean} last */
function writeNonce(memory, at, index, last) {
  memory.fill(0, at, at + NONCE_SIZE);
  memory[at + NONCE_LAST] = last ? 1 : 0;
  new DataView(memory.buffer).setBigUint64(at + NONCE_INDEX, BigInt(index));
}

/** @type {Promise<Sodium> | undefined} */
let shared;

/**
 * The one instance of this realm, compiled at the first call.
 * @param {WebAssembly.Module | BufferSource} [source] `sodium.wasm` beside this file otherwise
 * @returns {Promise<Sodium>}
 */
export function loadSodium(source) {
  shared ??= compile(source).catch((error) => {
    shared = undefined; // a failed fetch must not stick
    throw error;
  });
  return shared;
}

/** @param {WebAssembly.Module | BufferSource} [source] @returns {Promise<Sodium>} */
async function compile(source) {
  await findRandomness();
  if (source instanceof WebAssembly.Module) return new Sodium(source);
  return new Sodium(await WebAssembly.compile(source ?? (await readModule(new URL("./sodium.wasm", import.meta.url)))));
}

/**
 * @param {URL} url of a WebAssembly module that lies beside this file
 * @returns {Promise<BufferSource>}
 * @throws {KeylinkError} `network`, `unexpected-answer`
 */
export async function readModule(url) {
  if (url.protocol === "file:") return new Uint8Array(await (await import("node:fs/promises")).readFile(url));
  try {
    // As a page's HTML asks for it ahead (rel=preload): a request that differs would be one more.
    const answer = await fetch(url);
    if (answer.ok) return await answer.arrayBuffer();
  } catch (cause) {
    throw new KeylinkError("network", { cause });
  }
  throw new KeylinkError("unexpected-answer");
}

/** @type {Pick<Crypto, "getRandomValues"> | undefined} */
let randomness = globalThis.crypto;

/** Node 18 has no global `crypto`. Service workers, which may not import at run time, always do. */
async function findRandomness() {
  randomness ??= /** @type {Crypto} */ (/** @type {unknown} */ ((await import("node:crypto")).webcrypto));
}

/** @param {number} size @returns {Uint8Array} after `loadSodium` */
export function randomBytes(size) {
  if (!randomness) throw new Error("loadSodium comes first");
  return randomness.getRandomValues(new Uint8Array(size));
}
