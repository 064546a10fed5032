/**
 * Takes the fragment, which holds the key, out of the address bar before anything else happens (Spec/envelope.md, Link).
 *
 * It runs on its own, ahead of the page's other scripts, and the page imports what it found. From here on the key is in
 * memory only: not in the history, not where somebody who looks at the screen could copy it from.
 */

/** The address as the page was called with, key and all. */
let called = location.href;

hideKey();

// Where a script of the page does not load, nothing could use the key.
addEventListener("error", (event) => event.target instanceof HTMLScriptElement && putBack(), { capture: true });

/** The page does not come up: the key goes back to where it was, so that a reload has it again. */
export function putBack() {
  history.replaceState(null, "", called);
}

function hideKey() {
  // `%23` is a `#` that something on the way has escaped: what follows is the key all the same.
  const path = location.pathname.replace(/%23.*$/i, "");
  if (location.hash !== "" || path !== location.pathname) history.replaceState(null, "", path + location.search);
}

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
