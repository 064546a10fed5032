/**
 * Takes the fragment, which holds the key, out of the address bar before anything else happens (Spec/envelope.md, Link).
 *
 * It runs on its own, ahead of the page's other scripts, and the page imports what it found. From here on the key is in
 * memory only: not in the history, not where somebody who looks at the screen could copy it from.
 */

/** Left in the history in place of the key, so that a page loaded anew knows why there is none. It says nothing of it. */
const HIDDEN = { hidden: true };

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

/** The page does not come up: the key goes back to where it was, so that a reload has it again. */
export function putBack() {
  history.replaceState(null, "", called);
}

function hideKey() {
  // `%23` is a `#` that something on the way has escaped: what follows is the key all the same.
  const path = location.pathname.replace(/%23.*$/i, "");
  if (location.hash !== "" || path !== location.pathname) rest(path + location.search);
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
