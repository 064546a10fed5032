/**
 * A module worker that stretches one passphrase and is thrown away: Argon2's memory never shrinks (executor.js starts
 * it). First message: {module}; then {passphrase, salt, opslimit, memlimit}.
 */

import { KeylinkError } from "./errors.js";
import { loadSodium } from "./sodium.js";

self.onmessage = async ({ data: { module, passphrase, salt, opslimit, memlimit } }) => {
  try {
    const sodium = await loadSodium(module);
    if (module) postMessage({ ready: true });
    else postMessage({ answer: sodium.pwhash(passphrase, salt, opslimit, memlimit) });
  } catch (error) {
    // A KeylinkError would cross as a plain Error, without its code.
    postMessage(error instanceof KeylinkError ? { code: error.code } : { message: String(error) });
  }
};
