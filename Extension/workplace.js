/**
 * Where sharing is done and the clipboard written: Chrome's offscreen document, which outlasts the service worker and whose
 * clipboard no page sees. A browser without it (Firefox) has a document in the background anyhow: then it is done here.
 *
 * The worker keeps a connection to the offscreen document. When Chrome ends the worker the document notices, and wakes
 * the next one (offscreen/offscreen.js).
 */

import * as work from "./work.js";

/** @typedef {import("./work.js").Job} Job */
/** @typedef {import("./work.js").Told} Told */

const DOCUMENT = "offscreen/offscreen.html";

/** Chrome allows one such document: two shares at once must not both make it. */
const LOCK = "offscreen-document";

/** Whether there is none, and work is done in this very document. */
export const isHere = !("offscreen" in chrome);

/** An event page that only waits is ended after 30 s, in milliseconds; asking the browser something counts as not waiting. */
const STIR_EVERY = 10_000;

/** @type {chrome.runtime.Port | null} of this worker to the document */
let watched = null;

/**
 * Begins a share, or does nothing where it is being done.
 * @param {Job} job
 * @param {(told: Told) => Promise<void>} heard what is told of it, where work is done here; otherwise it comes as messages
 */
export async function start(job, heard) {
  if (isHere) {
    void stirring(work.run(job, heard));
    return;
  }
  await open();
  await chrome.runtime.sendMessage({ for: "offscreen", start: job });
}

/** Stops it where it is being done, and gives up what is kept of it. @param {string} id of the share */
export async function stop(id) {
  if (isHere) return await work.stop(id);
  if (await isOpen()) await chrome.runtime.sendMessage({ for: "offscreen", stop: id }).catch(() => undefined); // closed meanwhile
}

/** @param {string} text @returns {Promise<boolean>} whether it is on the clipboard now */
export async function copy(text) {
  if (isHere) return work.copy(text);
  await open();
  const answer = await chrome.runtime.sendMessage({ for: "offscreen", copy: text });
  return answer?.copied === true;
}

/** @param {() => Promise<boolean>} unless decides, once nobody can open it meanwhile @returns {Promise<void>} */
export async function close(unless) {
  if (isHere) return;
  await navigator.locks.request(LOCK, async () => {
    if ((await isOpen()) && !(await unless())) await chrome.offscreen.closeDocument();
  });
}

/** @returns {Promise<void>} once it is there and listens */
function open() {
  return navigator.locks.request(LOCK, async () => {
    if (!(await isOpen())) {
      await chrome.offscreen.createDocument({
        url: DOCUMENT,
        reasons: ["CLIPBOARD", "BLOBS", "WORKERS"],
        justification: "Encrypts and sends what is shared, and puts its link on the clipboard without the page seeing it.",
      });
    }
    if (watched === null) watch();
  });
}

function watch() {
  watched = chrome.runtime.connect({ name: "worker" });
  watched.onDisconnect.addListener(() => {
    watched = null;
  });
}

async function isOpen() {
  const documents = await chrome.runtime.getContexts({ contextTypes: ["OFFSCREEN_DOCUMENT"] });
  return documents.length > 0;
}

/** @param {Promise<void>} work */
async function stirring(work) {
  const timer = setInterval(() => void chrome.runtime.getPlatformInfo(), STIR_EVERY);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
}
