/**
 * Copying, and saying that it was done.
 */

import { say } from "./messages.js";

/**
 * Lets a button copy; what came of it stands in the status element next to it.
 * @param {HTMLButtonElement} button @param {HTMLElement} status
 * @param {() => string} text asked for at each press @param {() => void} [copied]
 */
export function copies(button, status, text, copied = () => {}) {
  button.addEventListener("click", async () => {
    status.textContent = ""; // so that the same words are said again
    const done = await copy(text());
    say(status, done ? "copied" : "copyFailed");
    if (done) copied();
  });
}

/** @param {string} text @returns {Promise<boolean>} */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    // Refused by the browser's settings, or not there (TypeError) where the page is no secure context.
    if (error instanceof DOMException || error instanceof TypeError) return copyBySelection(text);
    throw error;
  }
}

/** The older way, which needs the text to be selected somewhere. @param {string} text @returns {boolean} */
function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.className = "unseen";
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return done;
}
