/**
 * The notifications: that the link is on the clipboard, or why not and what to do. None holds the link or the secret,
 * since systems keep notifications.
 */

/** Failures that the options page mends, and the message of each; pressing the notification opens it. @type {Record<string, string>} */
const OPTIONS = {
  "malformed-link": "failedAddress",
  insecure: "failedInsecure",
  "missing-token": "failedToken",
  "not-allowed": "failedToken",
  "ttl-out-of-range": "failedExpiry",
  "unexpected-answer": "failedNotKeylink",
  "not-found": "failedNotKeylink",
  "method-not-allowed": "failedNotKeylink",
};

/** Failures that another try may mend; pressing the notification is that try. @type {Record<string, string>} */
const RETRY = {
  network: "failedNetwork",
  waited: "failedNetwork",
  "too-slow": "failedNetwork",
  clipboard: "failedClipboard",
  "storage-full": "failedBusy",
  "storage-unavailable": "failedBusy",
  "shutting-down": "failedBusy",
  "too-many-requests": "failedBusy",
  internal: "failedBusy",
};

/** Failures of the selection itself. @type {Record<string, string>} */
const FINAL = {
  "too-large": "failedTooLarge",
  interrupted: "failedInterrupted",
};

/**
 * Whether the options page is what helps. A silent server at an address that nobody has chosen means that none is set up.
 * @param {string} code
 * @param {{saved: boolean}} settings
 */
export function asksForOptions(code, { saved }) {
  return code in OPTIONS || isUnset(code, saved);
}

/** @param {string} code @param {boolean} saved */
function isUnset(code, saved) {
  return !saved && (code === "network" || code === "waited");
}

/** @param {string} id @param {string} expiresAt RFC 3339 @returns {Promise<void>} */
export function notifyCopied(id, expiresAt) {
  const until = new Intl.DateTimeFormat(chrome.i18n.getUILanguage(), { dateStyle: "long", timeStyle: "short" });
  return show(id, "copiedTitle", chrome.i18n.getMessage("copied", until.format(new Date(expiresAt))));
}

/** @param {string} id @param {string} code @param {string} server @param {{saved: boolean}} settings @returns {Promise<void>} */
export function notifyFailure(id, code, server, settings) {
  const unset = isUnset(code, settings.saved) ? "failedNotSetUp" : undefined;
  const name = unset ?? OPTIONS[code] ?? RETRY[code] ?? FINAL[code] ?? "failedOther";
  return show(id, "failedTitle", chrome.i18n.getMessage(name, [server, code]));
}

/** @returns {Promise<void>} */
export function notifyNothingSelected() {
  return show(crypto.randomUUID(), "failedTitle", chrome.i18n.getMessage("failedNothingSelected"));
}

/** @param {string} id @param {string} title @param {string} message */
async function show(id, title, message) {
  await chrome.notifications.create(id, {
    type: "basic",
    iconUrl: chrome.runtime.getURL("icons/128.png"),
    title: chrome.i18n.getMessage(title),
    message,
  });
}
