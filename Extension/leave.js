/**
 * The browser's leave to reach a server: asked for when the server is set, by a click, as browsers want it. Who refuses it can
 * share all the same where a server answers pages of any origin, as Keylink servers do unless they are told otherwise.
 */

/** @param {string} base @returns {string} what the leave is called: of a host, whatever its port */
function patternOf(base) {
  const { protocol, hostname } = new URL(base);
  return `${protocol}//${hostname}/*`;
}

/** @param {string} base of a server @returns {Promise<boolean>} */
export function isAllowed(base) {
  return chrome.permissions.contains({ origins: [patternOf(base)] });
}

/**
 * Where no other server has need of it.
 * @param {string} base of a server that is gone from the list @param {string[]} others
 * @returns {Promise<void>}
 */
export async function returnLeave(base, others) {
  const origin = patternOf(base);
  if (!others.map(patternOf).includes(origin)) await chrome.permissions.remove({ origins: [origin] });
}

/** Call it at a click, before anything is waited for. @param {string[]} bases @returns {Promise<boolean>} whether it was given */
export function askLeave(bases) {
  return chrome.permissions.request({ origins: bases.map(patternOf) });
}
