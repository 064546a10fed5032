/**
 * Waiting for the connection: as the library does, but for as long as the device is offline, and no longer.
 */

import { wait } from "../keylink/http.js";

/** A network that has just come back may need so long until it carries anything, in milliseconds. */
const SETTLING = 300;

/**
 * Between two tries. While the device is offline a try makes no sense, and the moment it is online again it does.
 * @type {import("../keylink/http.js").Wait}
 */
export async function waitForLine(milliseconds, signal) {
  const stop = new AbortController();
  const passOn = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", passOn, { once: true });
  try {
    signal?.throwIfAborted();
    const online = untilOnline(stop.signal);
    await (navigator.onLine ? Promise.race([wait(milliseconds, stop.signal), online]) : online);
  } finally {
    signal?.removeEventListener("abort", passOn);
    stop.abort();
  }
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
function untilOnline(signal) {
  return new Promise((resolve, reject) => {
    addEventListener("online", () => setTimeout(resolve, SETTLING), { once: true, signal });
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
