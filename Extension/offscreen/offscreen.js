/**
 * Writes to the clipboard, and stays connected to the service worker while a share is under way.
 */

/** After a connection ended: a worker that cannot start must not be asked without a pause. */
const PAUSE_MS = 500;

function connect() {
  const port = chrome.runtime.connect({ name: "offscreen" });
  port.onDisconnect.addListener(() => setTimeout(connect, PAUSE_MS));
}

/** A document without focus may not use navigator.clipboard; a selected field may be copied. @param {string} text */
function copy(text) {
  const field = document.querySelector("textarea");
  if (!field) return false;
  field.value = text;
  field.select();
  const copied = document.execCommand("copy");
  field.value = "";
  return copied;
}

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (sender.id !== chrome.runtime.id || message?.for !== "offscreen") return;
  respond({ copied: copy(message.copy) });
});

connect();
