/**
 * Scripts that are started by their address: workers, and a page's service worker. A page under Trusted Types refuses an
 * address that is a mere string; here is the one place that vouches for some, and it does so for our own origin only.
 */

const here = new URL(import.meta.url);

/** Not by `origin`, which is "null" for files and for some browsers' extensions. @param {string} address @returns {string} */
function own(address) {
  const { protocol, host } = new URL(address);
  if (protocol !== here.protocol || host !== here.host) throw new TypeError("only scripts of our own origin are started");
  return address;
}

/** @typedef {{createScriptURL: (address: string) => string}} Policy */

/** Named in the server's Content-Security-Policy. @type {Policy} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("keylink", { createScriptURL: own }) ?? {
  createScriptURL: own,
};

/**
 * What `Worker` and `serviceWorker.register` take.
 * @param {URL} url `new URL("./name.js", import.meta.url)`, written out so: Scripts/build-site finds it by that form
 * @returns {string} a TrustedScriptURL where there is such a thing
 * @throws {TypeError} for another origin
 */
export const trustedScript = (url) => policy.createScriptURL(url.href);
