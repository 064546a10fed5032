/**
 * The page under a link, as a server serves it.
 */

import { LocalClaims, MemoryClaims } from "../keylink/claims.js";
import { trustedScript } from "../keylink/trusted.js";
import { pageRuns, putBack, rest, takeAddress } from "./fragment.js";
import { baseOf, start } from "./page.js";
import { begin } from "./reading.js";

pageRuns();

/** Downloads are handed over at addresses below this script's own folder, which is as far as it may reach. */
const SAVER = new URL("./saver.js", import.meta.url);

const base = baseOf("..");

await start(
  () =>
    begin({
      base,
      address: takeAddress,
      rest: (id) => rest(`${base}/s/${id}`),
      claims: storageWorks() ? new LocalClaims() : new MemoryClaims(),
      saver: navigator.serviceWorker ? registerSaver : null,
    }),
  putBack,
);

/** @returns {Promise<ServiceWorkerRegistration>} */
function registerSaver() {
  const folder = SAVER.pathname.slice(0, SAVER.pathname.lastIndexOf("/") + 1);
  return navigator.serviceWorker.register(trustedScript(SAVER), { scope: `${folder}saving/` });
}

/** Some browsers refuse storage altogether, by their settings: then a claim lives as long as this page. @returns {boolean} */
function storageWorks() {
  try {
    return globalThis.localStorage !== null && navigator.locks !== undefined;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}
