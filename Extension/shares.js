/**
 * One share after another step, from what was clicked to the link on the clipboard.
 *
 * The worker may end between any two steps. So what the next step needs stands in `storage.session` (memory that never
 * reaches the disk) before the step is taken, and whichever worker comes next goes on from there. A lock on the share,
 * which ends with the worker that held it, keeps two workers or two events from taking the same step. What takes longer
 * than a step is done where no worker's end reaches it (workplace.js), which tells of it here (`heard`).
 */

import { Client } from "./keylink/client.js";
import { drawCharacters, drawWords } from "./keylink/passphrase.js";
import { words } from "./keylink/words.js";
import { isAllowed } from "./leave.js";
import * as notices from "./notices.js";
import { SHARE_PREFIX as PREFIX, remember } from "./own.js";
import { replaceSelection } from "./replace.js";
import { loadSettings } from "./settings.js";
import { failureOf, Trouble } from "./trouble.js";
import * as workplace from "./workplace.js";

/** @typedef {import("./work.js").Content} Content */

/**
 * @typedef {object} Share
 * @property {string} id also the notification's
 * @property {number} begun Unix milliseconds
 * @property {string} base
 * @property {number} ttl seconds
 * @property {number} views
 * @property {string | null} passphrase that was drawn for it
 * @property {Content | null} content until the server has it; null too where it is too large to keep here
 * @property {boolean} isFile whether it comes out of a page, and takes long enough to tell how far it is
 * @property {string} name of the file, as soon as it is known
 * @property {boolean} isExact whether it is known to be what was selected to the last space
 * @property {import("./replace.js").Place | null} place of the selection that the link is to replace
 * @property {import("./keylink/client.js").Draft | null} draft set before the first octet leaves
 * @property {import("./keylink/client.js").Shared | null} shared set once the server has it
 * @property {"copied" | "replaced" | null} done whether the link is where it was to go
 * @property {number} endedAt Unix milliseconds; 0 as long as it is under way
 * @property {import("./trouble.js").Failure | null} failed what it stopped with, until the user asks again
 */

const TIDYING = "tidying";

/** In characters. A longer content is shared just so, but is lost if its document ends before it is sent. */
const LONGEST_KEPT = 1_000_000;

/** Octets of all contents together, of 10 MB that `storage.session` holds: links and what is being typed need room as well. */
const MOST_KEPT = 4_000_000;

/** A link can be copied again by pressing its notification; of those copied already, so many are remembered. */
const REMEMBERED = 20;

/**
 * @param {Content} content what is to be shared
 * @param {{isExact?: boolean, place?: import("./replace.js").Place | null, read?: (id: string) => Promise<void>}} [options]
 *   `read` has the page send a file, once somebody waits for it
 * @returns {Promise<void>} once it is under way, or has failed and said so
 */
export async function begin(content, { isExact = true, place = null, read } = {}) {
  const { base, ttl, views, passphrase: habit } = await loadSettings();
  const passphrase = habit === "none" ? null : (habit === "words" ? drawWords(words) : drawCharacters()).text;
  const isFile = content.kind === "file";
  const id = crypto.randomUUID();
  const terms = { id, begun: Date.now(), base, ttl, views, passphrase };
  const state = { draft: null, shared: null, done: null, endedAt: 0, failed: null };
  const share = { ...terms, content, isFile, name: "", isExact, place, ...state };
  await alone(id, async () => {
    await save(share);
    await attempt(share, async () => {
      await start(share, true);
      await read?.(id);
    });
  });
}

/**
 * What could not even begin.
 * @param {unknown} error @returns {Promise<void>}
 */
export async function fail(error) {
  const { base, saved } = await loadSettings();
  await notices.notifyFailure(crypto.randomUUID(), failureOf(error), base, saved);
}

/** What is told of a share where it is being done. @param {import("./work.js").Told} told @returns {Promise<void>} */
export async function heard(told) {
  const { id } = told;
  await navigator.locks.request(PREFIX + id, async () => {
    const share = await find(id);
    if (share === null || !isUnderWay(share)) return; // cancelled, or heard before
    if ("draft" in told) await save({ ...share, draft: told.draft });
    if ("reached" in told) await reached(share, told.reached);
    if ("failed" in told) await failed(share, told.failed);
    if ("shared" in told) {
      const stored = { ...share, content: null, draft: null, shared: told.shared };
      await save(stored);
      await attempt(stored, () => deliver(stored));
    }
  });
  if ("failed" in told || "shared" in told) await tidy(); // nothing has ended with the rest, which comes twice a second
}

/** Goes on with whatever an ended worker left. @returns {Promise<void>} */
export async function resume() {
  const unfinished = (await all()).filter(isUnderWay);
  await Promise.all(unfinished.map(({ id }) => advance(id)));
  await tidy();
}

/** The share's notification was pressed: what failed is tried again, what is done is copied again. @param {string} id */
export async function pressed(id) {
  const share = await find(id);
  const { saved } = await loadSettings();
  if (share !== null && isUnderWay(share)) {
    if (share.isFile && workplace.isHere) await cancel(id); // where notifications have no button for it
    return;
  }
  const asksForOptions = share !== null && share.failed !== null && notices.asksForOptions(share.failed, saved);
  const ended = share === null || (share.failed !== null && share.shared === null && share.isFile && !share.failed.held);
  if (ended || asksForOptions) {
    await chrome.notifications.clear(id);
    await forget(id);
    if (asksForOptions) await chrome.runtime.openOptionsPage();
    return;
  }
  await save({ ...share, place: null, done: null, endedAt: 0, failed: null });
  await advance(id);
}

/** Stops it; what the server may have of it by now is taken back. @param {string} id @returns {Promise<void>} */
export async function cancel(id) {
  const share = await find(id);
  if (share === null || !isUnderWay(share) || share.shared !== null) return;
  await workplace.stop(id);
  await chrome.storage.session.remove(PREFIX + id);
  await chrome.notifications.clear(id);
  await tidy();
  if (share.draft === null) return;
  const client = new Client(share.base, { createToken: (await tokenFor(share.base)) || undefined });
  const stored = await client.outcome(share.draft).catch(() => null); // what cannot be asked for expires like any other
  if (stored) await client.revoke(stored.receiptLink).catch(() => undefined);
}

/** Its notification is gone, so nothing can be asked of it any more. A share that is under way stays. @param {string} id */
export async function forget(id) {
  await navigator.locks.request(PREFIX + id, { ifAvailable: true }, async (lock) => {
    const share = await find(id);
    if (lock === null || share === null || isUnderWay(share)) return;
    if (share.failed?.held) await workplace.stop(id);
    await chrome.storage.session.remove(PREFIX + id);
  });
  await tidy();
}

/** @param {string} id @returns {Promise<void>} */
function advance(id) {
  return alone(id, async () => {
    const share = await find(id);
    if (share === null || !isUnderWay(share)) return;
    await attempt(share, () => (share.shared === null ? start(share, false) : deliver(share)));
  });
}

/** Does nothing where somebody is at this share already. @param {string} id @param {() => Promise<void>} step */
async function alone(id, step) {
  await navigator.locks.request(PREFIX + id, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await step();
  });
  await tidy();
}

/** @param {Share} share @param {() => Promise<void>} step */
async function attempt(share, step) {
  try {
    await step();
  } catch (error) {
    await workplace.stop(share.id);
    await failed({ ...share, ...(await find(share.id)) }, failureOf(error));
  }
}

/** @param {Share} share @param {boolean} begins whether nobody has been at it yet */
async function start(share, begins) {
  const { id, base, ttl, views, passphrase, content, draft } = share;
  if (share.isFile && begins) await notices.notifyWorking(id, null);
  const job = { id, base, token: await tokenFor(base), ttl, views, passphrase, content, draft, begins };
  await workplace.start(job, heard);
}

/** @param {Share} share whose link is known */
async function deliver(share) {
  const { shared, place, passphrase, base } = share;
  if (shared === null) return;
  await remember({ ...shared, base, passphrase });
  const isReplaced = place !== null && (await replaceSelection(place, shared.link));
  if (!isReplaced && !(await workplace.copy(shared.link))) throw new Trouble("clipboard");
  const done = isReplaced ? "replaced" : "copied";
  await save({ ...share, place: null, done, endedAt: Date.now() });
  setTimeout(() => void tidy(), notices.SHOWN_FOR);
  await notices.notifyDone(share.id, done, { ...shared, passphrase, isExact: share.isExact, isKept: place !== null });
}

/** @param {Share} share @param {import("./work.js").Reached} reached */
async function reached(share, reached) {
  const name = reached.name || share.name;
  if (name !== share.name) await save({ ...share, name });
  await notices.notifyWorking(share.id, { ...reached, name });
}

/** @param {Share} share @param {import("./trouble.js").Failure} failure */
async function failed(share, failure) {
  const code = failure.code === "network" ? await whyNoAnswer(share.base) : failure.code;
  await save({ ...share, endedAt: Date.now(), failed: { ...failure, code } });
  await notices.notifyFailure(share.id, { ...failure, code }, share.base, (await loadSettings()).saved);
}

/** @param {string} base @returns {Promise<string>} what may be behind it, as far as the browser tells */
async function whyNoAnswer(base) {
  if (!navigator.onLine) return "offline";
  // A server may answer everybody: then nothing of this matters. Where it does not, the user's leave is what is missing.
  return (await isAllowed(base)) ? "network" : "permission";
}

/** @param {string} base @returns {Promise<string>} the create token of that server */
async function tokenFor(base) {
  return (await loadSettings()).servers.find((server) => server.base === base)?.token ?? "";
}

/** @param {Share} share */
const isUnderWay = ({ done, failed }) => done === null && failed === null;

/** Closes and forgets what nobody needs any more, and says on the button how it stands. */
async function tidy() {
  // One after the other: the last to say how it stands is the last that has looked.
  await navigator.locks.request(TIDYING, async () => {
    const shares = await all();
    const ended = shares.filter((share) => !isUnderWay(share)).sort((a, b) => b.endedAt - a.endedAt);
    for (const { id, failed } of ended.slice(REMEMBERED)) {
      if (failed?.held) await workplace.stop(id);
      await chrome.storage.session.remove(PREFIX + id);
    }
    await notices.showOnButton(shares.filter(isUnderWay).length, ended[0] ?? null);
    await workplace.close(async () => (await all()).some((share) => isUnderWay(share) || share.failed?.held));
  });
}

/** @param {Share} share */
async function save(share) {
  const put = (/** @type {Content | null} */ content) =>
    chrome.storage.session.set({ [PREFIX + share.id]: { ...share, content } });
  // Several long ones at once may fill the area all the same: then this one, too, is shared just so.
  await put((await fits(share)) ? share.content : null).catch(() => put(null));
}

/** @param {Share} share @returns {Promise<boolean>} whether there is room for its content beside those of the others */
async function fits({ id, content }) {
  if (content === null) return true;
  const own = textOf(content);
  if (own.length > LONGEST_KEPT) return false;
  const others = (await all()).filter((share) => share.id !== id).map(({ content }) => (content ? textOf(content) : ""));
  return new Blob([own, ...others]).size <= MOST_KEPT;
}

/** @param {Content} content @returns {string} nearly all that it consists of */
const textOf = (content) => (content.kind === "octets" ? content.base64 : JSON.stringify(content));

/** @param {string} id @returns {Promise<Share | null>} */
async function find(id) {
  return (await chrome.storage.session.get(PREFIX + id))[PREFIX + id] ?? null;
}

/** @returns {Promise<Share[]>} */
async function all() {
  const entries = Object.entries(await chrome.storage.session.get(null));
  return entries.filter(([key]) => key.startsWith(PREFIX)).map(([, share]) => share);
}
