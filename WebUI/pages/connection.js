/**
 * Waiting for a connection that is not there.
 */

/**
 * As long as it was asked to, but not past the moment when the connection is back; and until then, however long that takes.
 * @type {import("../keylink/http.js").Wait}
 */
export function waitForConnection(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const settle = (/** @type {() => void} */ act) => () => {
      clearTimeout(timer);
      removeEventListener("online", goOn);
      signal?.removeEventListener("abort", stop);
      act();
    };
    const goOn = settle(resolve);
    const stop = settle(() => reject(signal?.reason));
    const timer = setTimeout(() => navigator.onLine && goOn(), milliseconds);
    addEventListener("online", goOn);
    signal?.addEventListener("abort", stop);
  });
}
