/**
 * Takes the fragment, which holds the key, out of the address bar before anything else happens (Spec/envelope.md, Link).
 *
 * It runs on its own, ahead of the page's other scripts, and the page imports what it found. From here on the key is in
 * memory only: not in the history, not where somebody who looks at the screen could copy it from.
 */

/** Left in the history in place of the key, so that a page loaded anew knows why there is none. It says nothing of it. */
const HIDDEN = { hidden: true };

/**
 * A `#` that something on the way has escaped, perhaps twice (`%2523`): what follows is the key all the same. It stands in the
 * path, or in the query that a tracker has put before it.
 */
const ESCAPED_HASH = /%(?:25)*23/;

/** The address as the page was called with, key and all. */
let called = location.href;

/** Whether the page's own script runs. Where it (or what it imports) does not load, nothing could use the key. */
let inUse = false;

if (document.readyState === "complete") putBack();
else {
  hideKey();
  // Scripts that fail have failed by then; their own errors may have come before anybody listened.
  addEventListener("load", () => inUse || putBack());
}

/** The page's script is there: the first thing that it says. */
export function pageRuns() {
  inUse = true;
}

/** The page does not come up: the key goes back behind the `#`, so that a reload has it again, and the server has not. */
export function putBack() {
  history.replaceState(null, "", called.includes("#") ? called : called.replace(ESCAPED_HASH, "#"));
}

function hideKey() {
  const address = location.pathname + location.search;
  const keyless = address.split(ESCAPED_HASH)[0];
  if (location.hash !== "" || keyless !== address) rest(keyless);
}

/** The address bar shows this from now on; the page has the key. @param {string} address without it */
export function rest(address) {
  history.replaceState(HIDDEN, "", address);
}

/** @returns {boolean} whether a key stood in this address, and the page took it out */
export const keyWasHidden = () => history.state?.hidden === true;

/** @returns {string} the address that the page was called with; hidden from now on */
export function takeAddress() {
  const address = called;
  called = location.href;
  return address;
}

/**
 * A link pasted into the address bar of this very page changes the fragment alone, and loads nothing.
 * @param {(address: string) => void} whenCalled
 */
export function onAddress(whenCalled) {
  addEventListener("hashchange", () => {
    if (location.hash === "") return;
    const address = location.href;
    hideKey();
    whenCalled(address);
  });
}
