/**
 * Sealing and opening in one line each, for tests.
 */

import { concat } from "../../../WebUI/keylink/bytes.js";
import { open, seal } from "../../../WebUI/keylink/envelope.js";
import { KeylinkError } from "../../../WebUI/keylink/errors.js";
import { octets, streamOf } from "../../../WebUI/keylink/streams.js";

/** @param {number} size @param {number} [seed] @returns {Uint8Array<ArrayBuffer>} the same octets every time, and no period that fits a chunk */
export function sample(size, seed = 1) {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

/**
 * @param {Uint8Array} data
 * @param {{name?: string, type?: string, sized?: boolean, piece?: number}} [options]
 * @returns {import("../../../WebUI/keylink/envelope.js").ItemSource}
 */
export function bytesItem(data, { name = "data.bin", type, sized = true, piece = 10_000 } = {}) {
  return {
    kind: "file",
    name,
    stream: () => streamOf(pieces(data, piece)),
    ...(sized && { size: data.length }),
    ...(type && { type }),
  };
}

/** @param {Uint8Array} data @param {number} size @returns {Generator<Uint8Array, void, void>} */
export function* pieces(data, size) {
  for (let at = 0; at < data.length; at += size) yield data.slice(at, at + size);
}

/** @param {ReadableStream<Uint8Array>} stream @returns {Promise<Uint8Array>} */
export async function collect(stream) {
  const parts = [];
  for await (const part of octets(stream)) parts.push(part);
  return concat(...parts);
}

/**
 * @param {Iterable<import("../../../WebUI/keylink/envelope.js").ItemSource>} items
 * @param {import("../../../WebUI/keylink/envelope.js").SealOptions} [options]
 */
export async function sealWhole(items, options) {
  const sealed = await seal(items, options);
  return { ...sealed, envelope: await collect(sealed.stream) };
}

/**
 * @param {Uint8Array | ReadableStream<Uint8Array>} envelope
 * @param {Parameters<typeof open>[1]} options
 */
export async function openWhole(envelope, options) {
  const found = [];
  for await (const item of await open(envelope, options)) found.push({ ...item, data: await item.bytes() });
  return found;
}

/**
 * @param {Promise<unknown> | (() => unknown)} what
 * @returns {Promise<string>} the code of the KeylinkError that it fails with; "none" where it does not fail
 */
export async function codeOf(what) {
  try {
    await (typeof what === "function" ? what() : what);
    return "none";
  } catch (error) {
    if (error instanceof KeylinkError) return error.code;
    throw error;
  }
}
