/**
 * What the user gets to see of a share: notifications, and a sign on the extension's button. None holds the link, the
 * secret or a passphrase, since systems keep notifications.
 */

import { hasMessage, message } from "./pages/messages.js";
import { moment, size } from "./pages/units.js";
import { loadWords } from "./words.js";

/** @typedef {import("./trouble.js").Failure} Failure */

/** Failures that the options page mends, and the sentence of each; pressing the notification opens it. @type {Record<string, string>} */
const OPTIONS = {
  "malformed-link": "address",
  insecure: "insecure",
  "missing-token": "missing-token",
  "not-allowed": "not-allowed",
  "ttl-out-of-range": "ttl",
  "views-out-of-range": "views",
  "unexpected-answer": "notKeylink",
  "not-found": "notKeylink",
  "method-not-allowed": "notKeylink",
};

/** Failures that another try may mend; pressing the notification is that try. @type {Record<string, string>} */
const RETRY = {
  network: "network",
  offline: "offline",
  permission: "permission",
  "too-slow": "network",
  "storage-full": "full",
  "storage-unavailable": "busy",
  "shutting-down": "busy",
  "too-many-requests": "busy",
  internal: "busy",
};

/** What the form of the page says of the same. */
const MALFORMED = "malformed-payload";

/** How long the button says that all went well, in milliseconds. */
export const SHOWN_FOR = 8_000;

/** Of styles/tokens.css, the same on light and dark: a sign stands on its own ground. */
const EMBER = "#b93815";
const SAFE = "#1f6b3b";
const STOP = "#a4161a";

/**
 * Whether the options page is what helps.
 * @param {Failure} failure @param {boolean} saved whether a server was chosen
 */
export function asksForOptions({ code }, saved) {
  return code in OPTIONS || isUnset(code, saved);
}

/** A silent server at an address that nobody has chosen means that none is set up. @param {string} code @param {boolean} saved */
const isUnset = (code, saved) => !saved && ["network", "permission", "again"].includes(code);

/**
 * @param {string} id @param {"copied" | "replaced"} done
 * @param {{views: number, expiresAt: string, passphrase: string | null, isExact: boolean, isKept: boolean}} shared isKept:
 *   it was to replace something
 * @returns {Promise<void>}
 */
export async function notifyDone(id, done, { views, expiresAt, passphrase, isExact, isKept }) {
  await loadWords();
  const sentences = [message(`extension.notice.${done}.text`, { views, when: moment(expiresAt) })];
  if (done === "copied" && isKept) sentences.unshift(message("extension.notice.notReplaced"));
  if (passphrase !== null) sentences.push(message("extension.notice.passphrase"));
  if (!isExact) sentences.push(message("extension.notice.inexact"));
  await show(id, message(`extension.notice.${done}.title`), sentences);
}

/**
 * @param {string} id @param {Failure} failure
 * @param {string} server @param {boolean} saved whether it was chosen
 * @returns {Promise<void>}
 */
export async function notifyFailure(id, failure, server, saved) {
  await loadWords();
  await show(id, message("extension.notice.failed.title"), [sentenceOf(failure, server, saved)]);
}

/** @param {Failure} failure @param {string} server @param {boolean} saved @returns {string} */
function sentenceOf({ code, limit = 0, host = "", status = 0 }, server, saved) {
  if (code === MALFORMED) return message("create.malformedText");
  const name = isUnset(code, saved) ? "notSetUp" : (OPTIONS[code] ?? RETRY[code] ?? code);
  const key = `extension.notice.failed.${name}`;
  const values = { server, host, status, limit: size(limit) };
  return message(hasMessage(key) ? key : `extension.notice.failed.${code === "unexpected" ? code : "refused"}`, values);
}

/**
 * Tells how far something large is, with a way to stop it.
 * @param {string} id @param {import("./work.js").Reached | null} reached null: it begins
 * @returns {Promise<void>}
 */
export async function notifyWorking(id, reached) {
  await loadWords();
  const { phase = "begun", done = 0, total = null, name = "" } = reached ?? {};
  const form = phase === "reading" ? (total === null ? "unsized" : "sized") : phase;
  const sentence = message(`extension.notice.working.${form}`, { done: size(done), total: size(total ?? 0) });
  const title = name === "" ? message("extension.notice.working.unnamed") : message("extension.notice.working.title", { name });
  const hasButtons = chrome.notifications.onButtonClicked !== undefined;
  const percent = total === null || total === 0 ? 0 : Math.floor((100 * done) / total);
  await show(id, title, hasButtons ? [sentence] : [sentence, message("extension.notice.working.press")], {
    isNew: reached === null,
    ...(hasButtons && { type: "progress", progress: percent, buttons: [{ title: message("cancel") }] }),
  });
}

/**
 * A sign on the extension's button.
 * @param {number} underWay how many shares
 * @param {{endedAt: number, failed: Failure | null} | null} last that has ended
 * @returns {Promise<void>}
 */
export async function showOnButton(underWay, last) {
  const since = Date.now() - (last?.endedAt ?? 0);
  const isFresh = last !== null && last.failed === null && since < SHOWN_FOR;
  const [text, color] = underWay > 0 ? ["…", EMBER] : last?.failed ? ["!", STOP] : isFresh ? ["✓", SAFE] : ["", SAFE];
  await Promise.all([chrome.action.setBadgeText({ text }), chrome.action.setBadgeBackgroundColor({ color })]);
}

/**
 * @param {string} id @param {string} title @param {string[]} sentences
 * @param {{isNew?: boolean, type?: "basic" | "progress", progress?: number, buttons?: {title: string}[]}} [more]
 */
async function show(id, title, sentences, { isNew = true, type = "basic", ...more } = {}) {
  const iconUrl = chrome.runtime.getURL("icons/128.png");
  const notice = { type, iconUrl, title, message: sentences.join("\n"), ...more };
  if (isNew) await chrome.notifications.create(id, notice);
  // One that the user has closed does not come back for a little progress.
  else await chrome.notifications.update(id, notice);
}
