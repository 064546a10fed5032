/**
 * What this browser has shared: what it takes to follow it and to take it back stands in `storage.local`; links and
 * passphrases, which open it, in `storage.session`, memory that ends with the browser.
 *
 * Each secret has an entry of its own in either, so that of many shares at once none overwrites another.
 */

import { Client } from "./keylink/client.js";
import { KeylinkError } from "./keylink/errors.js";
import { isOpen, toldCount, toldState } from "./pages/told.js";

/**
 * @typedef {object} Own
 * @property {string} id
 * @property {string} base of its server
 * @property {string} receiptLink
 * @property {number} sharedAt Unix milliseconds
 * @property {string} expiresAt RFC 3339
 * @property {number} views how often it opens in all
 * @property {Told | null} told null: the server has not been asked yet
 * @property {string | null} link null once the session is over
 * @property {string | null} passphrase null too where there is none
 */

/**
 * What its receipt said last.
 * @typedef {object} Told
 * @property {string} name of the sentences that tell of it (pages/told.js)
 * @property {boolean} open whether anything can still happen to it
 * @property {number} viewsLeft
 * @property {number} opened the count that belongs into them
 * @property {number} failedClaims
 * @property {string | null} endedAt RFC 3339
 * @property {number} at Unix milliseconds: when it said so
 */

/** The server knows nothing of it: it remembers what has ended for a week. */
export const UNKNOWN = "unknown";

const PREFIX = "own:";
/** In the session, too: what was shared from a page, so that pressing its notification copies the link again (shares.js). */
export const SHARE_PREFIX = "share:";
/** What is more than these makes room: first what has ended, then what is oldest. */
const MOST = 100;
/** What has ended stays to be seen as long as the server remembers it, in milliseconds. */
const STAYS = 7 * 86_400_000;

/** @param {{base: string, id: string}} own @returns {string} a server does not choose what another one's is called */
const nameOf = ({ base, id }) => `${PREFIX}${base} ${id}`;

/**
 * Once the server has it; once more, it stays as it is.
 * @param {{id: string, base: string, link: string, receiptLink: string, passphrase?: string | null, expiresAt: string,
 *   views: number}} shared `passphrase`: only one that was drawn here; what somebody typed, they know
 * @returns {Promise<void>}
 */
export async function remember({ id, base, link, receiptLink, passphrase = null, expiresAt, views }) {
  const name = nameOf({ base, id });
  const known = (await chrome.storage.local.get(name))[name];
  const record = known ?? { id, base, receiptLink, sharedAt: Date.now(), expiresAt, views, told: null };
  await chrome.storage.local.set({ [name]: record });
  await chrome.storage.session.set({ [name]: { link, passphrase: passphrase || null } });
  await makeRoom();
}

/** @returns {Promise<Own[]>} the newest first */
export async function listOwn() {
  const [kept, secrets] = await Promise.all([chrome.storage.local.get(null), chrome.storage.session.get(null)]);
  return Object.entries(kept)
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, record]) => ({ link: null, passphrase: null, ...record, ...secrets[name] }))
    .sort((a, b) => b.sharedAt - a.sharedAt);
}

/** @param {() => void} listener called whenever the list has changed, whoever changed it */
export function onOwn(listener) {
  chrome.storage.onChanged.addListener((changes) => {
    if (Object.keys(changes).some((name) => name.startsWith(PREFIX))) listener();
  });
}

/** @param {Own} own @returns {boolean} whether its receipt has said the last that it will say */
export const isSettled = ({ told }) => told !== null && !told.open;

/** @param {Own} own @returns {boolean} whether it can still be opened, as far as is known here */
export const isAlive = (own) => !isSettled(own) && (own.told?.name === "claimed" || Date.parse(own.expiresAt) > Date.now());

/**
 * Asks its receipt what became of it.
 * @param {Own} own
 * @returns {Promise<void>} once the list has it
 * @throws {KeylinkError} where the server does not say
 */
export async function refresh(own) {
  try {
    const receipt = await new Client(own.base).receipt(own.receiptLink);
    const { viewsLeft, failedClaims, endedAt } = receipt;
    const opened = toldCount(receipt);
    await note(own, { name: toldState(receipt), open: isOpen(receipt), viewsLeft, opened, failedClaims, endedAt });
  } catch (error) {
    if (!(error instanceof KeylinkError) || error.code !== "not-found") throw error;
    await note(own, { name: UNKNOWN, open: false, viewsLeft: 0, opened: 0, failedClaims: 0, endedAt: null });
  }
}

/**
 * Takes it back: the link opens nothing any more.
 * @param {Own} own
 * @returns {Promise<void>} once its octets are gone; also where it had ended in the meantime, which the list says then
 * @throws {KeylinkError}
 */
export async function revoke(own) {
  try {
    await new Client(own.base).revoke(own.receiptLink);
  } catch (error) {
    const ended = ["opened", "expired", "revoked", "not-found"];
    if (!(error instanceof KeylinkError) || !ended.includes(error.code)) throw error;
    return await refresh(own);
  }
  // What else the receipt has to tell can wait for a better connection: that it is gone, cannot.
  const { viewsLeft, opened, failedClaims } = own.told ?? { viewsLeft: own.views, opened: 0, failedClaims: 0 };
  await note(own, { name: "revoked", open: false, viewsLeft, opened, failedClaims, endedAt: new Date().toISOString() });
}

/** Takes it off the list. The link goes on opening. @param {Own} own @returns {Promise<void>} */
export async function forget(own) {
  await drop([nameOf(own)]);
}

/** Takes all of them off the list. The links go on opening. @returns {Promise<void>} */
export async function clear() {
  await drop((await listOwn()).map(nameOf));
}

/** @param {Own} own @param {Omit<Told, "at">} said */
async function note(own, said) {
  const told = { ...said, at: Date.now() };
  const name = nameOf(own);
  await navigator.locks.request(name, async () => {
    const record = (await chrome.storage.local.get(name))[name];
    if (!record || isSettled(record)) return; // taken off the list meanwhile, or told of its end already
    await chrome.storage.local.set({ [name]: { ...record, told } });
    if (!isAlive({ ...own, told })) await dropLinks([name]); // it opens nothing: nobody copies it again
  });
}

/** Of what has ended long ago, and of more than there is room for. */
async function makeRoom() {
  const all = await listOwn();
  const over = (/** @type {Own} */ { told, expiresAt }) => Date.parse(told?.endedAt ?? expiresAt) + STAYS < Date.now();
  const stays = all.filter((own) => !over(own)).sort((a, b) => Number(isAlive(b)) - Number(isAlive(a)));
  await drop([...all.filter(over), ...stays.slice(MOST)].map(nameOf));
}

/** @param {string[]} names */
async function drop(names) {
  await chrome.storage.local.remove(names);
  await dropLinks(names);
}

/** From wherever the session holds them, with the notifications that would copy them again. @param {string[]} names */
async function dropLinks(names) {
  const isOne = (/** @type {[string, any]} */ [name, share]) =>
    name.startsWith(SHARE_PREFIX) && share.done && names.includes(nameOf({ base: share.base, id: share.shared.id }));
  const shares = Object.entries(await chrome.storage.session.get(null))
    .filter(isOne)
    .map(([name]) => name);
  await chrome.storage.session.remove([...names, ...shares]);
  await Promise.all(shares.map((name) => chrome.notifications.clear(name.slice(SHARE_PREFIX.length))));
}
