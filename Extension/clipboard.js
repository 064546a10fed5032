/**
 * The offscreen document, from the service worker's side: the only place where an extension reaches the clipboard
 * without the page seeing what it writes. While a share is under way it also keeps a connection to the worker open,
 * whose end it answers with a new one, and so wakes a worker that Chrome has ended (offscreen/offscreen.js).
 */

const DOCUMENT = "offscreen/offscreen.html";

/** Chrome allows one such document: two shares at once must not both make it. */
const LOCK = "offscreen-document";

/** @returns {Promise<void>} once it is there and listens */
export function openOffscreen() {
  return navigator.locks.request(LOCK, async () => {
    if (await isOpen()) return;
    await chrome.offscreen.createDocument({
      url: DOCUMENT,
      reasons: ["CLIPBOARD"],
      justification: "Puts the one-time link on the clipboard without the page seeing it.",
    });
  });
}

/** @param {() => Promise<boolean>} unless decides, once nobody can open it meanwhile @returns {Promise<void>} */
export function closeOffscreen(unless) {
  return navigator.locks.request(LOCK, async () => {
    if ((await isOpen()) && !(await unless())) await chrome.offscreen.closeDocument();
  });
}

/** @param {string} text @returns {Promise<boolean>} whether it is on the clipboard now */
export async function copy(text) {
  await openOffscreen();
  const answer = await chrome.runtime.sendMessage({ for: "offscreen", copy: text });
  return answer?.copied === true;
}

async function isOpen() {
  const documents = await chrome.runtime.getContexts({ contextTypes: ["OFFSCREEN_DOCUMENT"] });
  return documents.length > 0;
}
