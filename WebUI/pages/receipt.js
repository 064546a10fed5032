/**
 * The receipt: what became of a secret, and taking it back. It knows nothing of the secret's key.
 */

import { Client } from "../keylink/client.js";
import { readAddress } from "./address.js";
import { end, prepareEnding } from "./ended.js";
import { keyWasHidden, onAddress, pageRuns, putBack, rest, takeAddress } from "./fragment.js";
import { formatNumber, hasMessage, message, say } from "./messages.js";
import { baseOf, byId, complain, entitle, find, show, stamp, start } from "./page.js";
import { codeOf, ending, sentence } from "./problems.js";
import { clock, fromNow, moment, size } from "./units.js";

pageRuns();

/** How often it looks again by itself, in milliseconds, as long as it is looked at and something can still happen. */
const REFRESH = 15_000;

/** @typedef {import('../keylink/client.js').Receipt} Receipt */

const base = baseOf("..");

let link = "";
/** @type {Receipt | null} */
let known = null;
let knownAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;

await start(begin, putBack);

function begin() {
  entitle("receipt.document");
  prepareEnding((address) => take(address, true));
  onAddress((address) => take(address, false));
  byId("revoke", HTMLButtonElement).addEventListener("click", () => byId("confirmation", HTMLDialogElement).showModal());
  byId("confirmation", HTMLDialogElement).addEventListener("close", () => void revokeIfConfirmed());
  document.addEventListener("visibilitychange", () => void refresh());
  take(takeAddress(), false);
}

/** @param {string} address called or pasted @param {boolean} pasted by hand */
function take(address, pasted) {
  const read = readAddress(address, base, "r");
  if ("problem" in read) return refuse(read, !pasted && keyWasHidden());
  link = read.link;
  known = null;
  rest(`${base}/r/${read.id}`);
  void ask();
}

/** @param {import('./address.js').Misread} misread @param {boolean} anew the page had a key, and was loaded again */
function refuse({ problem, values }, anew) {
  if (problem === "noKey") return end({ ...titled(anew ? "receipt.reloaded" : "receipt.ask"), paste: true, calm: true });
  const own = problem === "cut" || problem === "malformed-link";
  end({ ...(own ? titled("receipt.malformed") : ending(problem, null, values)), paste: true });
}

/** @param {string} key @returns {{title: string, text: string}} */
function titled(key) {
  return { title: message(`${key}.title`), text: message(`${key}.text`) };
}

async function ask() {
  show("looking");
  try {
    present(await new Client(base).receipt(link));
  } catch (error) {
    const code = codeOf(error);
    if (code === "not-found") return end({ ...titled("receipt.not-found"), paste: true });
    end({ ...ending(code, error), again: () => void ask() });
  }
}

/** Silently: only a change is told. */
async function refresh() {
  clearTimeout(next);
  if (!known || !isOpen(known) || document.hidden) return;
  try {
    present(await new Client(base).receipt(link));
  } catch (error) {
    if (codeOf(error) === "not-found") return end({ ...titled("receipt.not-found"), paste: true });
    say(byId("refreshed", HTMLElement), "receipt.stale", { when: clock(knownAt) });
    next = setTimeout(refresh, REFRESH);
  }
}

/** @param {Receipt} receipt @returns {boolean} whether anything can still happen to it */
function isOpen({ state }) {
  return state === "waiting" || state === "claimed";
}

/** @param {Receipt} receipt */
function present(receipt) {
  known = receipt;
  knownAt = Date.now();
  const { state, views, viewsLeft, failedClaims } = receipt;
  const opened = views - viewsLeft;
  const partly = state === "waiting" && opened > 0;
  const when = moment(receipt.endedAt ?? receipt.expiresAt);
  const title = message(partly ? "receipt.partly.title" : `receipt.${state}.title`, { opened });
  const heading = byId("state-title", HTMLElement);
  if (heading.textContent !== title) heading.textContent = title; // a live region: only a change is told
  say(byId("state-text", HTMLElement), `receipt.${state}.text`, { views: viewsLeft, when });
  say(byId("views", HTMLElement), "receipt.viewsValue", { used: opened, views });
  byId("created", HTMLElement).textContent = moment(receipt.createdAt);
  byId("expires", HTMLElement).textContent = message("receipt.expiresValue", {
    when: moment(receipt.expiresAt),
    relative: fromNow(receipt.expiresAt),
  });
  say(byId("size", HTMLElement), "open.sizeValue", { size: size(receipt.size) });
  byId("failed", HTMLElement).textContent = formatNumber(failedClaims);
  const warning = byId("failed-warning", HTMLElement);
  warning.hidden = failedClaims === 0 || !isOpen(receipt);
  say(warning, "receipt.failedWarning", { count: failedClaims });
  byId("events", HTMLElement).replaceChildren(...receipt.events.map(rowOf));
  byId("revoking", HTMLElement).hidden = !isOpen(receipt);
  complain(byId("state-problem", HTMLElement), "");
  const refreshed = byId("refreshed", HTMLElement);
  refreshed.hidden = !isOpen(receipt);
  say(refreshed, "receipt.refreshes", { when: clock(knownAt) });
  show("state");
  clearTimeout(next);
  if (isOpen(receipt)) next = setTimeout(refresh, REFRESH);
}

/** @param {Receipt['events'][number]} event @returns {Element} */
function rowOf({ at, what }) {
  const row = stamp("event");
  const key = `receipt.event.${what}`;
  // A newer server may know events that this page does not: its own word is better than none.
  find(row, "span", HTMLElement).textContent = hasMessage(key) ? message(key) : what;
  const time = find(row, "time", HTMLTimeElement);
  time.dateTime = at;
  time.textContent = moment(at);
  return row;
}

async function revokeIfConfirmed() {
  const dialog = byId("confirmation", HTMLDialogElement);
  if (dialog.returnValue !== "yes") return;
  dialog.returnValue = "";
  const button = byId("revoke", HTMLButtonElement);
  button.disabled = true;
  try {
    await new Client(base).revoke(link);
    await ask();
  } catch (error) {
    // Opened or expired in the meantime: what became of it is on the receipt.
    if (["opened", "expired", "revoked"].includes(codeOf(error))) await ask();
    else complain(byId("state-problem", HTMLElement), sentence(error));
  } finally {
    button.disabled = false;
  }
}
