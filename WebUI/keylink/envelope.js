/**
 * The envelope, whole: items in and octets out, octets in and items out, as WHATWG streams in constant memory.
 *
 * Read beside Spec/envelope.md; header.js, sodium.js (boxes) and payload.js hold its parts.
 */

import { concat, equalInConstantTime, fromUtf8, isWellFormed, toUtf8 } from "./bytes.js";
import { KeylinkError } from "./errors.js";
import { defaultExecutor } from "./executor.js";
import {
  EnvelopeKeys,
  encodePassphrase,
  HEADER_SIZE,
  isOtherVersion,
  PARAMETERS_SIZE,
  readParameters,
  stretchingSalt,
  verifier,
  verifyLinkTag,
  writeParameters,
} from "./header.js";
import { PayloadParser } from "./parser.js";
import { checkItems, payloadSize, writePayload } from "./payload.js";
import { loadSodium, randomBytes, TAG_SIZE } from "./sodium.js";
import { batched, inOrder, octets, readPiece, sizeOf, streamOf } from "./streams.js";

/** @typedef {import("./executor.js").Executor} Executor */
/** @typedef {import("./header.js").Parameters} Parameters */
/** @typedef {import("./streams.js").Piece} Piece */

/**
 * What is to be sealed.
 * @typedef {object} ItemSource
 * @property {"text" | "file"} kind
 * @property {string} [name] a file's name, one path component; a text has none
 * @property {string} [type] media type, 1 to 255 printable ASCII characters
 * @property {number} [size] octets that `stream` will give; left out where nobody knows yet
 * @property {() => ReadableStream<Uint8Array>} stream opens the data anew at each call
 * @property {Blob} [blob] the same data, where it is one; its size is `size`. Then workers read it by themselves, several at once
 */

/**
 * What was opened. Read `stream` to its end (or cancel it) before asking for the next item: the items stand one after
 * another in the envelope.
 * @typedef {object} Item
 * @property {"text" | "file"} kind
 * @property {string | null} name a label, never a path; any script may show it, as text only
 * @property {string | null} type the sender's word, not checked against the data
 * @property {number | null} size octets, where the sender knew
 * @property {number} at where in the payload its data begins (kept.js)
 * @property {ReadableStream<Uint8Array>} stream errors with a KeylinkError: what came before is then to be thrown away
 * @property {() => Promise<string>} text reads the stream to its end as UTF-8 (a leading U+FEFF stays)
 * @property {() => Promise<Uint8Array>} bytes reads the stream to its end
 */

/**
 * @typedef {object} SealOptions
 * @property {string} [passphrase] NFC is applied here; an empty one counts as none
 * @property {number} [chunkLog2] 12 to 20; writers use 16
 * @property {number} [opslimit] 3 to 8, with a passphrase
 * @property {number} [memlimit] KiB, 65536 to 262144, with a passphrase
 * @property {Uint8Array} [linkKey] tests only: drawn anew for every sealing
 * @property {Uint8Array} [salt] tests only: drawn anew for every sealing
 * @property {Executor} [executor] who computes; default: workers where there are any
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} Sealed
 * @property {Uint8Array} linkKey K, 32 octets: goes into the link and nowhere else
 * @property {Uint8Array} linkVerifier 32 octets, what the server keeps of L
 * @property {Uint8Array} accessVerifier 32 octets, what the server keeps of A
 * @property {number | null} size octets of the whole envelope, null where an item's size is unknown
 * @property {ReadableStream<Uint8Array>} stream the envelope; reading it seals it
 */

/** Octets of plaintext that travel to a worker at once. */
const BATCH = 2 ** 20;

/**
 * Prepares to seal: draws keys, stretches the passphrase, checks names and types.
 * @param {Iterable<ItemSource>} items 1 to 1000
 * @param {SealOptions} [options]
 * @returns {Promise<Sealed>}
 * @throws {KeylinkError} `malformed-payload` for a name or type that the format refuses, `malformed-passphrase`;
 *   from the stream also `source-changed` where an item's data does not have the size that was said
 */
export async function seal(items, options = {}) {
  const { chunkLog2 = 16, opslimit = 3, memlimit = 65536, executor = defaultExecutor(), signal } = options;
  const sources = [...items];
  checkItems(sources);
  const passphrase = encodePassphrase(options.passphrase);
  const sodium = await loadSodium();
  const linkKey = options.linkKey ?? randomBytes(32);
  const parameters = writeParameters(sodium, linkKey, {
    needsPassphrase: passphrase !== null,
    chunkLog2,
    opslimit: passphrase ? opslimit : 0,
    memlimit: passphrase ? memlimit : 0,
    salt: options.salt ?? randomBytes(16),
  });
  const keys = await deriveKeys(linkKey, parameters, passphrase, executor, signal);
  const size = envelopeSize(sources, parameters.chunkSize);
  return {
    linkKey,
    linkVerifier: verifier(sodium, keys.linkToken),
    accessVerifier: verifier(sodium, keys.accessToken),
    size,
    stream: streamOf(sealedPieces(sources, keys, size, executor, signal)),
  };
}

/**
 * @param {ItemSource[]} items
 * @param {number} [chunkSize]
 * @returns {number | null} octets that they will take sealed; null where an item's size is unknown
 */
export function envelopeSize(items, chunkSize = 65536) {
  const payload = payloadSize(items);
  return payload === null ? null : HEADER_SIZE + payload + TAG_SIZE * Math.ceil(payload / chunkSize);
}

/**
 * @param {ItemSource[]} items @param {EnvelopeKeys} keys @param {number | null} size
 * @param {Executor} executor @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
async function* sealedPieces(items, keys, size, executor, signal) {
  const { chunkSize } = keys.parameters;
  const crew = executor.crew(keys.contentKey, size);
  try {
    yield keys.header();
    const batches = batched(writePayload(items), BATCH, BATCH / chunkSize, chunkSize);
    yield* inOrder(batches, crew.seal.bind(crew), crew.width, signal);
  } finally {
    crew.close();
    keys.wipe();
  }
}

/**
 * Checks 48 octets got from a server against the link, before anything is stretched or sent (Spec, Keys).
 * @param {Uint8Array} parameters exactly 48 octets
 * @param {Uint8Array} linkKey K
 * @returns {Promise<Parameters>} `.needsPassphrase` among them
 * @throws {KeylinkError} `unsupported-version`, `malformed-header`, `wrong-link`
 */
export async function checkParameters(parameters, linkKey) {
  const read = readParameters(parameters);
  verifyLinkTag(await loadSodium(), linkKey, read);
  return read;
}

/**
 * Every key of an envelope, from checked parameters.
 * @param {Parameters} parameters from `checkParameters`
 * @param {Uint8Array} linkKey
 * @param {{passphrase?: string | null, executor?: Executor, signal?: AbortSignal}} [options]
 * @returns {Promise<EnvelopeKeys>} wipe them when done; `openWith` does
 * @throws {KeylinkError} `passphrase-required`, `malformed-passphrase`, `out-of-memory`
 */
export async function unlock(parameters, linkKey, { passphrase, executor = defaultExecutor(), signal } = {}) {
  if (!parameters.needsPassphrase) return deriveKeys(linkKey, parameters, null, executor, signal);
  const encoded = encodePassphrase(passphrase);
  if (!encoded) throw new KeylinkError("passphrase-required");
  return deriveKeys(linkKey, parameters, encoded, executor, signal);
}

/**
 * @param {Uint8Array} linkKey @param {Parameters} parameters @param {Uint8Array | null} passphrase
 * @param {Executor} executor @param {AbortSignal} [signal]
 * @returns {Promise<EnvelopeKeys>}
 */
async function deriveKeys(linkKey, parameters, passphrase, executor, signal) {
  const sodium = await loadSodium();
  if (!passphrase) return new EnvelopeKeys(sodium, linkKey, parameters, new Uint8Array());
  const { opslimit, memlimit } = parameters;
  const salt = stretchingSalt(sodium, linkKey, parameters.salt);
  const stretched = await executor.stretch({ passphrase, salt, opslimit, memlimit }, signal);
  try {
    return new EnvelopeKeys(sodium, linkKey, parameters, stretched);
  } finally {
    stretched.fill(0);
    passphrase.fill(0);
  }
}

/**
 * Opens an envelope: the header is checked before this answers, boxes as they arrive.
 * @param {ReadableStream<Uint8Array> | Blob | Uint8Array} envelope its end is the envelope's end
 * @param {{linkKey: Uint8Array, passphrase?: string | null, executor?: Executor, signal?: AbortSignal}} options
 * @returns {Promise<AsyncGenerator<Item, void, void>>} has ended well only when every box was verified
 * @throws {KeylinkError} a code of the error table
 */
export async function open(envelope, { linkKey, passphrase, executor, signal }) {
  const pieces = piecesOf(envelope);
  const size = envelope instanceof ReadableStream ? null : sizeOf(envelope);
  try {
    const { header, rest } = await takeHeader(pieces);
    const parameters = await checkParameters(header.subarray(0, PARAMETERS_SIZE), linkKey);
    const keys = await unlock(parameters, linkKey, { passphrase, executor, signal });
    return openBody(header, rest, keys, { size, executor, signal });
  } catch (error) {
    await pieces.return(undefined);
    throw error;
  }
}

/** @param {ReadableStream<Uint8Array> | Blob | Uint8Array} envelope @returns {AsyncGenerator<Piece, void, void>} */
async function* piecesOf(envelope) {
  if (envelope instanceof ReadableStream) return yield* octets(envelope);
  yield envelope instanceof Blob ? envelope.slice(0, HEADER_SIZE) : envelope.subarray(0, HEADER_SIZE);
  yield envelope.slice(HEADER_SIZE);
}

/**
 * The same with keys that are known, and for the very parameters that they were derived from.
 * @param {AsyncGenerator<Uint8Array, void, void>} pieces the envelope
 * @param {EnvelopeKeys} keys wiped when the items have ended
 * @param {{size?: number | null, executor?: Executor, signal?: AbortSignal}} [options]
 * @returns {Promise<AsyncGenerator<Item, void, void>>}
 * @throws {KeylinkError} `wrong-link` where the envelope begins with other parameters, and as `open`
 */
export async function openWith(pieces, keys, options = {}) {
  try {
    const { header, rest } = await takeHeader(pieces);
    if (!equalInConstantTime(header.subarray(0, PARAMETERS_SIZE), keys.parameters.bytes)) {
      throw new KeylinkError("wrong-link");
    }
    return openBody(header, rest, keys, options);
  } catch (error) {
    keys.wipe();
    await pieces.return(undefined);
    throw error;
  }
}

/**
 * @param {AsyncGenerator<Piece, void, void>} pieces of the envelope
 * @returns {Promise<{header: Uint8Array, rest: AsyncGenerator<Piece, void, void>}>} 80 octets, and what follows
 */
async function takeHeader(pieces) {
  /** @type {Uint8Array} */
  let begun = new Uint8Array();
  while (begun.length < HEADER_SIZE) {
    const { done, value } = await pieces.next();
    if (done) throw new KeylinkError("malformed-header");
    begun = concat(begun, await readPiece(value));
    if (isOtherVersion(begun)) throw new KeylinkError("unsupported-version");
  }
  async function* rest() {
    yield begun.subarray(HEADER_SIZE);
    yield* pieces;
  }
  return { header: begun.subarray(0, HEADER_SIZE), rest: rest() };
}

/**
 * @param {Uint8Array} header @param {AsyncGenerator<Piece, void, void>} rest @param {EnvelopeKeys} keys
 * @param {{size?: number | null, executor?: Executor, signal?: AbortSignal}} options
 * @returns {AsyncGenerator<Item, void, void>}
 */
function openBody(header, rest, keys, { size = null, executor = defaultExecutor(), signal }) {
  if (!equalInConstantTime(header.subarray(PARAMETERS_SIZE), keys.commitment)) throw new KeylinkError("wrong-key");
  return items(openedPieces(rest, keys, size, executor, signal));
}

/**
 * @param {AsyncGenerator<Piece, void, void>} boxes @param {EnvelopeKeys} keys @param {number | null} size
 * @param {Executor} executor @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array, void, void>} verified plaintext
 */
async function* openedPieces(boxes, keys, size, executor, signal) {
  const crew = executor.crew(keys.contentKey, size);
  try {
    yield* openedBy(crew, boxes, { chunkSize: keys.parameters.chunkSize, signal });
  } finally {
    crew.close();
    keys.wipe();
  }
}

/**
 * @param {import("./executor.js").BoxCrew} crew
 * @param {AsyncIterable<Piece> | Iterable<Piece>} boxes up to the envelope's end
 * @param {{chunkSize: number, from?: number, signal?: AbortSignal}} options `from`: index of the first of them
 * @returns {AsyncGenerator<Uint8Array, void, void>} verified plaintext
 */
export async function* openedBy(crew, boxes, { chunkSize, from = 0, signal }) {
  const perBatch = BATCH / chunkSize;
  const batches = batched(boxes, perBatch * (chunkSize + TAG_SIZE), perBatch, chunkSize);
  yield* inOrder(batches, (batch) => crew.open({ ...batch, first: batch.first + from }), crew.width, signal);
}

/**
 * Turns verified plaintext into items.
 * @param {AsyncGenerator<Uint8Array, void, void>} plaintext
 * @returns {AsyncGenerator<Item, void, void>}
 */
async function* items(plaintext) {
  const found = events(plaintext);
  /** @type {import("./parser.js").PayloadEvent | null} what ended the data of the item before */
  let ahead = null;
  /** @type {unknown} what the item's stream failed with; the items fail with it too */
  let failure = null;
  const next = async () => {
    if (failure) throw failure;
    try {
      const event = ahead ?? (await found.next()).value;
      ahead = null;
      return /** @type {import("./parser.js").PayloadEvent} */ (event); // `end` comes last and is asked for once
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    for (;;) {
      const event = await next();
      if ("end" in event) return;
      if (!("item" in event)) continue; // data of an item that was not read to its end
      yield withReaders(event.item, async () => {
        const following = await next();
        if ("data" in following) return following.data;
        ahead = following;
        return null;
      });
    }
  } finally {
    await found.return(undefined);
  }
}

/**
 * Parses. After a malformed record nothing more is released, but the rest is authenticated all the same: an envelope
 * that was tampered with is `corrupt`, wherever the reader looked first.
 * @param {AsyncGenerator<Uint8Array, void, void>} plaintext
 * @returns {AsyncGenerator<import("./parser.js").PayloadEvent, void, void>}
 */
async function* events(plaintext) {
  const parser = new PayloadParser();
  /** @type {KeylinkError | null} */
  let malformed = null;
  for await (const piece of plaintext) {
    if (malformed) continue;
    try {
      yield* parser.push(piece);
    } catch (error) {
      if (!(error instanceof KeylinkError)) throw error;
      malformed = error;
    }
  }
  if (malformed) throw malformed;
  yield* parser.finish();
}

/**
 * @param {import("./parser.js").ItemHead} item
 * @param {() => Promise<Uint8Array | null>} read the next data; null at the item's end
 * @returns {Item}
 */
function withReaders(item, read) {
  const stream = new ReadableStream(
    {
      async pull(controller) {
        const data = await read();
        if (data) controller.enqueue(data);
        else controller.close();
      },
    },
    { highWaterMark: 0 }, // nothing is read ahead: the next item's turn is the caller's to choose
  );
  const bytes = async () => {
    const parts = [];
    for await (const part of octets(stream)) parts.push(part);
    return concat(...parts);
  };
  return { ...item, stream, bytes, text: async () => fromUtf8(await bytes()) };
}

/**
 * @param {string} text
 * @param {{type?: string}} [options] media type, if it is not plain text
 * @returns {ItemSource}
 * @throws {KeylinkError} `malformed-payload` on a lone surrogate: UTF-8 cannot carry it, and replacing it would change the secret
 */
export function textItem(text, { type } = {}) {
  if (!isWellFormed(text)) throw new KeylinkError("malformed-payload");
  const bytes = toUtf8(text);
  return { kind: "text", size: bytes.length, stream: () => streamOf([bytes]), ...(type && { type }) };
}

/**
 * @param {Blob & {name: string}} file
 * @returns {ItemSource} name, type (left out where the platform knows none) and size are the file's
 */
export function fileItem(file) {
  const { name, size, type } = file;
  return { kind: "file", name, size, blob: file, stream: () => file.stream(), ...(type && { type }) };
}
