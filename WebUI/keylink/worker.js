/**
 * A module worker that seals and opens boxes (executor.js starts it). First message: {module, key, place}; then batches.
 */

import { KeylinkError } from "./errors.js";
import { Resting } from "./resting.js";
import { boxedSize, loadSodium } from "./sodium.js";
import { readPiece } from "./streams.js";

/** @type {Uint8Array} */
let key;
/** @type {Resting} */
let resting;

/** @param {any} beginning @returns {Promise<void>} */
async function begin({ module, key: given, place }) {
  await loadSodium(module);
  key = given;
  resting = await Resting.at(place);
  postMessage({ ready: true });
}

/**
 * A Blob is read with room for the tags behind it, so that its boxes go where the chunks were: fresh memory costs as much
 * as sealing.
 * @param {any} batch @returns {Promise<{bytes: Uint8Array, boxes?: Uint8Array}>}
 */
async function read({ what, bytes, ...position }) {
  if (what === "open") return { bytes: await resting.read({ bytes, ...position }) };
  if (bytes instanceof Uint8Array) return { bytes };
  const room = boxedSize(bytes.size, position.chunkSize) - bytes.size;
  const boxes = await readPiece(new Blob([bytes, new Uint8Array(room)]));
  return { bytes: boxes.subarray(0, bytes.size), boxes };
}

/** @param {any} batch @param {ReturnType<typeof read>} reading @returns {Promise<void>} */
async function answer({ what, ...position }, reading) {
  const sodium = await loadSodium();
  const { bytes, boxes } = await reading;
  const result = what === "seal" ? sodium.sealBoxes(key, bytes, position, boxes) : sodium.openBoxes(key, bytes, position);
  postMessage({ answer: result }, { transfer: [result.buffer] });
}

/** executor.js makes it an error again. @param {unknown} error */
function fail(error) {
  if (error instanceof KeylinkError) postMessage({ code: error.code });
  else if (error instanceof DOMException) postMessage({ name: error.name, message: error.message });
  else postMessage({ message: String(error) });
}

// One after the other: answers must come in the order of the questions. A Blob is read while its turn has not come.
let previous = Promise.resolve();
self.onmessage = ({ data }) => {
  const reading = data.bytes && read(data);
  reading?.catch(() => undefined); // awaited in its turn: not unhandled in the meantime
  previous = previous.then(() => (reading ? answer(data, reading) : begin(data))).catch(fail);
};
