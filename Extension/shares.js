/**
 * One share after another step, from the selected text to the link on the clipboard.
 *
 * The worker may end between any two steps. So what the next step needs stands in `storage.session` (memory that never
 * reaches the disk) before the step is taken, and whichever worker comes next goes on from there. A lock on the share,
 * which ends with the worker that held it, keeps two workers or two events from taking the same step.
 */

import { closeOffscreen, copy, openOffscreen } from "./clipboard.js";
import { Client, textItem } from "./keylink/client.js";
import { asksForOptions, notifyCopied, notifyFailure } from "./notices.js";
import { loadSettings } from "./settings.js";

/**
 * @typedef {object} Share
 * @property {string} id also the notification's
 * @property {number} begun Unix milliseconds
 * @property {string} server
 * @property {number} ttl seconds
 * @property {string | null} text until the server has it; null too where it is too large to keep here
 * @property {import('./keylink/client.js').Draft | null} draft set before the first octet leaves
 * @property {{link: string, expiresAt: string} | null} shared set once the server has it
 * @property {boolean} copied whether the link is on the clipboard
 * @property {string | null} failed the code it stopped with, until the user asks again
 */

const PREFIX = "share:";

/** `storage.session` holds 10 MB in all. A longer text is shared just so, but is lost if the worker ends before it is sent. */
const LONGEST_KEPT_TEXT = 1_000_000;

/** A link can be copied again by pressing its notification; of those copied already, so many are remembered. */
const REMEMBERED = 20;

/** Below this any server takes the envelope; above it is asked first, rather than sending what it will refuse. */
const SURELY_SMALL = 65_536;

/** The library tries for minutes; who has just clicked wants to hear sooner, and can ask for another try. */
const PATIENCE_MS = 6_000;

/** @param {string} text what is to be shared @returns {Promise<void>} once it is done, or has failed and said so */
export async function begin(text) {
  const { base: server, ttl } = await loadSettings();
  const id = crypto.randomUUID();
  const share = { id, begun: Date.now(), server, ttl, text, draft: null, shared: null, copied: false, failed: null };
  await alone(id, async () => {
    await save(share);
    await attempt(share);
  });
}

/** Goes on with whatever an ended worker left; what is under way in this one is left to it. @returns {Promise<void>} */
export async function resume() {
  const unfinished = (await all()).filter(isUnderWay);
  await Promise.all(unfinished.map(({ id }) => advance(id)));
  await closeOffscreen(anyUnderWay);
}

/** The share's notification was pressed: what failed is tried again, what is done is copied again. @param {string} id */
export async function pressed(id) {
  const share = await find(id);
  const settings = await loadSettings();
  if (share === null || (share.failed !== null && asksForOptions(share.failed, settings))) {
    await chrome.notifications.clear(id);
    await forget(id);
    if (share !== null) await chrome.runtime.openOptionsPage();
    return;
  }
  await save({ ...share, copied: false, failed: null });
  await advance(id);
}

/** Its notification is gone, so nothing can be asked of it any more. A share that is under way stays. @param {string} id */
export async function forget(id) {
  await navigator.locks.request(PREFIX + id, { ifAvailable: true }, async (lock) => {
    const share = await find(id);
    if (lock !== null && share !== null && !isUnderWay(share)) await chrome.storage.session.remove(PREFIX + id);
  });
}

/** @param {string} id @returns {Promise<void>} */
function advance(id) {
  return alone(id, async () => {
    const share = await find(id);
    if (share !== null && isUnderWay(share)) await attempt(share);
  });
}

/** Does nothing where somebody is at this share already. @param {string} id @param {() => Promise<void>} step */
async function alone(id, step) {
  await navigator.locks.request(PREFIX + id, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await step();
  });
  await closeOffscreen(anyUnderWay);
  await forgetOldest();
}

/** @param {Share} share */
async function attempt(share) {
  try {
    await finish(share);
  } catch (error) {
    const code = codeOf(error);
    await save({ ...share, ...(await find(share.id)), failed: code });
    await notifyFailure(share.id, code, share.server, await loadSettings());
  }
}

/** @param {Share} share */
async function finish(share) {
  await openOffscreen();
  const shared = share.shared ?? (await store(share));
  const stored = { ...share, text: null, draft: null, shared, failed: null };
  await save(stored);
  if (!(await copy(shared.link))) throw new Error("clipboard");
  await save({ ...stored, copied: true });
  await notifyCopied(share.id, shared.expiresAt);
}

/** @param {Share} share @returns {Promise<{link: string, expiresAt: string}>} */
async function store(share) {
  const client = new Client(share.server);
  const giveUp = new AbortController();
  const hurry = () => setTimeout(() => giveUp.abort(new Error("waited")), PATIENCE_MS);
  if (share.draft !== null) {
    const timer = hurry();
    const outcome = await client.outcome(share.draft, { signal: giveUp.signal });
    clearTimeout(timer);
    if (outcome !== null) return { link: outcome.link, expiresAt: outcome.expiresAt };
  }
  const { text } = share;
  if (text === null) throw new Error("interrupted");
  const maxEnvelopeBytes = text.length > SURELY_SMALL ? (await client.limits()).maxEnvelopeBytes : undefined;
  const { link, expiresAt } = await client.share([textItem(text)], {
    ttl: share.ttl,
    maxEnvelopeBytes,
    signal: giveUp.signal,
    onSealed: (draft) => save({ ...share, draft }),
    onProgress: ({ phase }) => {
      if (phase === "waiting") hurry();
    },
  });
  return { link, expiresAt };
}

/** A KeylinkError's code, else the word of an error thrown here, else `unexpected`. @param {unknown} error @returns {string} */
function codeOf(error) {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  if (error instanceof Error && ["clipboard", "interrupted", "waited"].includes(error.message)) return error.message;
  return "unexpected";
}

/** @param {Share} share */
function isUnderWay(share) {
  return !share.copied && share.failed === null;
}

async function anyUnderWay() {
  return (await all()).some(isUnderWay);
}

async function forgetOldest() {
  const ended = (await all()).filter((share) => !isUnderWay(share)).sort((a, b) => b.begun - a.begun);
  await Promise.all(ended.slice(REMEMBERED).map(({ id }) => forget(id)));
}

/** @param {Share} share */
async function save(share) {
  const kept = share.text !== null && share.text.length <= LONGEST_KEPT_TEXT ? share.text : null;
  const put = (/** @type {string | null} */ text) => chrome.storage.session.set({ [PREFIX + share.id]: { ...share, text } });
  // Several long texts at once may fill the area: then this one, too, is shared just so.
  await put(kept).catch(() => put(null));
}

/** @param {string} id @returns {Promise<Share | null>} */
async function find(id) {
  return (await chrome.storage.session.get(PREFIX + id))[PREFIX + id] ?? null;
}

/** @returns {Promise<Share[]>} */
async function all() {
  const entries = Object.entries(await chrome.storage.session.get(null));
  return entries.filter(([key]) => key.startsWith(PREFIX)).map(([, share]) => share);
}
