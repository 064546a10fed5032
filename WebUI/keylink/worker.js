/**
 * A module worker that seals and opens boxes (executor.js starts it). First message: {module, key}; then batches.
 */

import { KeylinkError } from "./errors.js";
import { loadSodium } from "./sodium.js";

/** @type {Uint8Array} */
let key;

/** @param {any} message @returns {Promise<void>} */
async function answer({ module, key: given, what, bytes, first, chunkSize, last }) {
  try {
    const sodium = await loadSodium(module);
    if (given) {
      key = given;
      postMessage({ ready: true });
      return;
    }
    const position = { first, chunkSize, last };
    const result = what === "seal" ? sodium.sealBoxes(key, bytes, position) : sodium.openBoxes(key, bytes, position);
    postMessage({ answer: result }, { transfer: [result.buffer] });
  } catch (error) {
    // A KeylinkError would cross as a plain Error, without its code.
    postMessage(error instanceof KeylinkError ? { code: error.code } : { message: String(error) });
  }
}

// One after the other: answers must come in the order of the questions.
let previous = Promise.resolve();
self.onmessage = ({ data }) => {
  previous = previous.then(() => answer(data));
};
