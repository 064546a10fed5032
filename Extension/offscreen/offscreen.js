/**
 * Does what the service worker asks for (work.js), tells it what became of that, and wakes it where Chrome has ended it.
 */

import { sweepKept } from "../keylink/keeping.js";
import { copy, receive, run, stop } from "../work.js";

/** After an answer that did not come: a worker that cannot start must not be asked without a pause, in milliseconds. */
const PAUSE = 500;

/**
 * Until a worker says that it has taken it in: the one that heard it first may have been ended over it.
 * @param {import("../work.js").Told} told
 */
async function tell(told) {
  while (!(await reach({ told }))) await new Promise((resolve) => setTimeout(resolve, PAUSE));
}

/** @param {object} message @returns {Promise<boolean>} */
async function reach(message) {
  const answer = await chrome.runtime.sendMessage({ for: "background", ...message }).catch(() => null); // it was ended
  return answer?.heard === true;
}

/** Any message wakes a worker, which then looks what there is to be done. */
async function wake() {
  do {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  } while (!(await reach({})));
}

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (sender.id !== chrome.runtime.id || sender.tab || message?.for !== "offscreen") return undefined;
  if (message.copy !== undefined) respond({ copied: copy(message.copy) });
  if (message.start) {
    void run(message.start, tell);
    respond({});
  }
  if (message.stop) {
    void stop(message.stop);
    respond({});
  }
  return undefined;
});

chrome.runtime.onConnect.addListener((port) => {
  if (port.sender?.tab) receive(port);
  else port.onDisconnect.addListener(() => void wake());
});

void sweepKept();
