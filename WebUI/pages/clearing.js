/**
 * A copied secret is taken off the clipboard again after a minute, where the browser lets a page do that and it is sure
 * that nothing else would be lost. Where it is not, the reader is told and can do it with one press.
 */

import { copy } from "./clipboard.js";
import { say } from "./messages.js";

/** In milliseconds. */
const STAYS = 60_000;

/** @typedef {"ours" | "other" | "unknown"} Held what is in the clipboard, as far as the page can tell */

/**
 * @param {{copy: HTMLButtonElement, empty: HTMLButtonElement, status: HTMLElement}} elements
 * @param {() => string} text asked for at each press
 * @param {() => void} copied called when it was
 */
export function copiesForAMinute({ copy: button, empty, status }, text, copied) {
  /** @type {AbortController | null} of what was copied last */
  let watching = null;

  const tell = (/** @type {string} */ key) => {
    say(status, key);
    empty.hidden = key !== "opened.copied.unsure";
  };

  button.addEventListener("click", async () => {
    watching?.abort();
    watching = new AbortController();
    const { signal } = watching;
    const copying = text();
    if (!(await copy(copying))) return tell("copyFailed");
    copied();
    const held = watchClipboard(copying, signal);
    tell("opened.copied");
    const timer = setTimeout(() => void whenInFront(signal, async () => tell(await settle(await held()))), STAYS);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });

  empty.addEventListener("click", async () => {
    watching?.abort();
    tell((await write("")) ? "opened.copied.emptied" : "copyFailed");
    button.focus();
  });
}

/** @param {Held} held @returns {Promise<string>} key of what to say */
async function settle(held) {
  if (held === "other") return "opened.copied.replaced";
  return held === "ours" && (await write("")) ? "opened.copied.emptied" : "opened.copied.unsure";
}

/**
 * Browsers let a page at the clipboard only while it is in front.
 * @param {AbortSignal} signal @param {() => Promise<void>} run
 */
async function whenInFront(signal, run) {
  if (document.hasFocus()) return await run();
  addEventListener("focus", () => void run(), { once: true, signal });
}

/**
 * Remembers whether anything else may have been copied since.
 * @param {string} copied @param {AbortSignal} signal
 * @returns {() => Promise<Held>}
 */
function watchClipboard(copied, signal) {
  let away = false;
  let replaced = false;
  const leave = () => {
    away = true;
  };
  const replace = () => {
    replaced = true;
  };
  addEventListener("blur", leave, { signal });
  document.addEventListener("copy", replace, { signal });
  document.addEventListener("cut", replace, { signal });
  return async () => {
    const now = await read();
    if (now !== null) return now === copied.replace(/\r\n/g, "\n") || now === copied ? "ours" : "other";
    if (replaced) return "other";
    return away ? "unknown" : "ours";
  };
}

/** Never asks: a page that wants to read the clipboard is not one to trust. @returns {Promise<string | null>} null where it may not */
async function read() {
  try {
    const { state } = await navigator.permissions.query({ name: /** @type {PermissionName} */ ("clipboard-read") });
    return state === "granted" ? await navigator.clipboard.readText() : null;
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return null; // unknown to this browser, or refused
    throw error;
  }
}

/** @param {string} text @returns {Promise<boolean>} */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return false;
    throw error;
  }
}
