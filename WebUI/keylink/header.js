/**
 * The first 80 octets of an envelope, and every key there is (Spec/envelope.md, Envelope and Keys).
 *
 * | offset | size | field                     |
 * | -----: | ---: | ------------------------- |
 * |      0 |    4 | `KLNK`                    |
 * |      4 |    1 | version, 1                |
 * |      5 |    1 | flags; 1: a passphrase    |
 * |      6 |    1 | chunk_log2                |
 * |      7 |    1 | 0                         |
 * |      8 |    4 | opslimit                  |
 * |     12 |    4 | memlimit in KiB           |
 * |     16 |   16 | salt                      |
 * |     32 |   16 | link tag                  |
 * |     48 |   32 | commitment                |
 */

import { concat, equalInConstantTime, isWellFormed, readU32, toUtf8, u32 } from "./bytes.js";
import { KeylinkError } from "./errors.js";

/** @typedef {import("./sodium.js").Sodium} Sodium */

export const PARAMETERS_SIZE = 48;
export const HEADER_SIZE = 80;
/** Header, one tag, one octet: what every envelope has at least. */
export const LEAST_ENVELOPE_SIZE = 97;

const TAGGED_SIZE = 32;
const MAGIC = toUtf8("KLNK");
const VERSION = 1;
const WITH_PASSPHRASE = 1;

/**
 * @typedef {object} Parameters
 * @property {boolean} needsPassphrase
 * @property {number} chunkLog2 12 to 20
 * @property {number} chunkSize octets of plaintext a box
 * @property {number} opslimit 3 to 8, or 0 without a passphrase
 * @property {number} memlimit KiB, 65536 to 262144, or 0 without a passphrase
 * @property {Uint8Array} salt 16 octets
 * @property {Uint8Array} bytes the 48 octets themselves
 */

/** @param {number} value @param {number} least @param {number} most @returns {boolean} */
const within = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;

/**
 * The version is judged before anything else, so that an envelope of a later format is called that and not malformed.
 * @param {Uint8Array} bytes the octets that there are, 5 or more
 * @returns {boolean} right magic, another version
 */
export function isOtherVersion(bytes) {
  return bytes.length >= 5 && MAGIC.every((byte, at) => bytes[at] === byte) && bytes[4] !== VERSION;
}

/**
 * Reads, and checks by itself: no key needed, and no claim about who wrote it.
 * @param {Uint8Array} bytes exactly 48 octets
 * @returns {Parameters}
 * @throws {KeylinkError} `unsupported-version`, `malformed-header`
 */
export function readParameters(bytes) {
  if (isOtherVersion(bytes)) throw new KeylinkError("unsupported-version");
  if (bytes.length !== PARAMETERS_SIZE || !MAGIC.every((byte, at) => bytes[at] === byte)) {
    throw new KeylinkError("malformed-header");
  }
  const parameters = {
    needsPassphrase: bytes[5] === WITH_PASSPHRASE,
    chunkLog2: bytes[6],
    chunkSize: 2 ** bytes[6],
    opslimit: readU32(bytes, 8),
    memlimit: readU32(bytes, 12),
    salt: bytes.slice(16, 32),
    bytes: bytes.slice(),
  };
  if (bytes[5] > WITH_PASSPHRASE || bytes[7] !== 0 || !areInRange(parameters)) {
    throw new KeylinkError("malformed-header");
  }
  return parameters;
}

/**
 * Costs have a floor, so that nobody makes guessing cheap, and a ceiling, so that no header makes a reader suffer.
 * @param {Pick<Parameters, "needsPassphrase" | "chunkLog2" | "opslimit" | "memlimit">} parameters
 * @returns {boolean}
 */
function areInRange({ needsPassphrase, chunkLog2, opslimit, memlimit }) {
  const costs = needsPassphrase ? within(opslimit, 3, 8) && within(memlimit, 65536, 262144) : opslimit === 0 && memlimit === 0;
  return costs && within(chunkLog2, 12, 20);
}

/**
 * @param {Sodium} sodium
 * @param {Uint8Array} linkKey
 * @param {{needsPassphrase: boolean, chunkLog2: number, opslimit: number, memlimit: number, salt: Uint8Array}} choice
 * @returns {Parameters} with the link tag
 * @throws {KeylinkError} `malformed-header` for numbers out of range
 */
export function writeParameters(sodium, linkKey, { needsPassphrase, chunkLog2, opslimit, memlimit, salt }) {
  const flags = needsPassphrase ? WITH_PASSPHRASE : 0;
  const tagged = concat(MAGIC, Uint8Array.of(VERSION, flags, chunkLog2, 0), u32(opslimit), u32(memlimit), salt);
  return readParameters(concat(tagged, linkTag(sodium, linkKey, tagged)));
}

/**
 * Whether the holder of the link key wrote these parameters. Checked before anything is stretched or sent.
 * @param {Sodium} sodium
 * @param {Uint8Array} linkKey
 * @param {Parameters} parameters
 * @throws {KeylinkError} `wrong-link`
 */
export function verifyLinkTag(sodium, linkKey, { bytes }) {
  const expected = linkTag(sodium, linkKey, bytes.subarray(0, TAGGED_SIZE));
  if (!equalInConstantTime(expected, bytes.subarray(TAGGED_SIZE))) throw new KeylinkError("wrong-link");
}

/** @param {Sodium} sodium @param {Uint8Array} linkKey @param {Uint8Array} tagged @returns {Uint8Array} 16 octets */
function linkTag(sodium, linkKey, tagged) {
  return using(sodium.kdf(linkKey, 2, "klnklink"), (key) => sodium.generichash(16, tagged, key));
}

/** L: shown to the server to look. @param {Sodium} sodium @param {Uint8Array} linkKey @returns {Uint8Array} 32 octets */
export function linkToken(sodium, linkKey) {
  return sodium.kdf(linkKey, 1, "klnklink");
}

/** R: shown to the server for the receipt. @param {Sodium} sodium @param {Uint8Array} receiptKey @returns {Uint8Array} */
export function receiptToken(sodium, receiptKey) {
  return sodium.kdf(receiptKey, 1, "klnkrcpt");
}

/** What the server stores of a token. @param {Sodium} sodium @param {Uint8Array} token @returns {Uint8Array} 32 octets */
export function verifier(sodium, token) {
  return sodium.generichash(32, token);
}

/**
 * NFC first: the same word typed on two keyboards is the same passphrase.
 * @param {string | undefined | null} passphrase
 * @returns {Uint8Array | null} UTF-8; null for none, which an empty one counts as
 * @throws {KeylinkError} `malformed-passphrase`
 */
export function encodePassphrase(passphrase) {
  if (!passphrase) return null;
  if (!isWellFormed(passphrase)) throw new KeylinkError("malformed-passphrase");
  return toUtf8(passphrase.normalize("NFC"));
}

/** S: binds the stretching to this link. @param {Sodium} sodium @param {Uint8Array} linkKey @param {Uint8Array} salt @returns {Uint8Array} */
export function stretchingSalt(sodium, linkKey, salt) {
  return using(sodium.kdf(linkKey, 3, "klnklink"), (key) => sodium.generichash(16, salt, key));
}

/**
 * The keys of one envelope. `wipe` them when done.
 */
export class EnvelopeKeys {
  /**
   * @param {Sodium} sodium
   * @param {Uint8Array} linkKey
   * @param {Parameters} parameters
   * @param {Uint8Array} stretched P: 32 octets, none without a passphrase
   */
  constructor(sodium, linkKey, parameters, stretched) {
    this.parameters = parameters;
    this.linkToken = linkToken(sodium, linkKey);
    this.master = using(sodium.kdf(linkKey, 4, "klnklink"), (key) =>
      using(concat(parameters.bytes, stretched), (message) => sodium.generichash(32, message, key)),
    );
    this.commitment = sodium.kdf(this.master, 1, "klnkenvl");
    this.contentKey = sodium.kdf(this.master, 2, "klnkenvl");
    this.accessToken = sodium.kdf(this.master, 3, "klnkenvl");
  }

  /** @returns {Uint8Array} the 80 octets */
  header() {
    return concat(this.parameters.bytes, this.commitment);
  }

  wipe() {
    for (const key of [this.linkToken, this.master, this.contentKey, this.accessToken]) key.fill(0);
  }
}

/**
 * @template Result
 * @param {Uint8Array} secret wiped afterwards
 * @param {(secret: Uint8Array) => Result} use
 * @returns {Result}
 */
function using(secret, use) {
  try {
    return use(secret);
  } finally {
    secret.fill(0);
  }
}
