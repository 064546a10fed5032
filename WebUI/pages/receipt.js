/**
 * The receipt: what became of a secret, and taking it back. It knows nothing of the secret's key.
 */

import { Client } from "../keylink/client.js";
import { sweepKept } from "../keylink/keeping.js";
import { readAddress } from "./address.js";
import { end, prepareEnding } from "./ended.js";
import { keyWasHidden, onAddress, pageRuns, putBack, rest, takeAddress } from "./fragment.js";
import { hasMessage, message, say, write } from "./messages.js";
import { baseOf, byId, complain, entitle, find, show, stamp, start } from "./page.js";
import { codeOf, ending, sentence } from "./problems.js";
import { Refresher } from "./refresher.js";
import { endOf, isOpen, toldCount, toldState } from "./told.js";
import { clock, fromNow, moment, size } from "./units.js";

pageRuns();

/** @typedef {import('../keylink/client.js').Receipt} Receipt */

const base = baseOf("..");
const refresher = new Refresher(() => void refresh());

let link = "";
/** @type {Receipt | null} */
let known = null;
let knownAt = 0;
/** A refresh that is under way when something else is asked must not overwrite the newer answer. */
let asked = 0;

await start(begin, putBack);

function begin() {
  void sweepKept();
  entitle("receipt.document");
  prepareEnding((address) => take(address, true));
  onAddress((address) => take(address, false));
  byId("look", HTMLButtonElement).addEventListener("click", () => void refresh());
  prepareRevoking();
  take(takeAddress(), false);
}

/** @param {string} address called or pasted @param {boolean} pasted by hand */
function take(address, pasted) {
  refresher.stop();
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
  const own = problem === "cut" || problem === "surplus" || problem === "malformed-link";
  end({ ...(own ? titled("receipt.malformed") : ending(problem, null, values)), paste: true });
}

/** @param {string} key @returns {{title: () => string, text: () => string}} */
function titled(key) {
  return { title: () => message(`${key}.title`), text: () => message(`${key}.text`) };
}

async function ask() {
  const turn = ++asked;
  show("looking");
  try {
    const receipt = await new Client(base).receipt(link);
    if (turn === asked) present(receipt);
  } catch (error) {
    if (turn !== asked) return;
    const code = codeOf(error);
    if (code === "not-found") return end({ ...titled("receipt.not-found"), paste: true });
    end({ ...ending(code, error), again: () => void ask() });
  }
}

/** Silently: only a change is told. */
async function refresh() {
  if (!known) return;
  const turn = ++asked;
  try {
    const receipt = await new Client(base).receipt(link);
    if (turn === asked) present(receipt);
  } catch (error) {
    if (turn !== asked) return;
    if (codeOf(error) === "not-found") return end({ ...titled("receipt.not-found"), paste: true });
    say(byId("refreshed", HTMLElement), "receipt.stale", () => ({ when: clock(knownAt) }));
    refresher.lookAgain(false);
  }
}

/** @param {Receipt} receipt */
function present(receipt) {
  const changed = JSON.stringify(receipt) !== JSON.stringify(known);
  known = receipt;
  knownAt = Date.now();
  if (changed) tell(receipt);
  write(byId("expires", HTMLElement), () => {
    return message("receipt.expiresValue", { when: moment(receipt.expiresAt), relative: fromNow(receipt.expiresAt) });
  });
  say(byId("refreshed", HTMLElement), "receipt.refreshes", () => ({ when: clock(knownAt) }));
  show("state");
  if (isOpen(receipt)) refresher.lookAgain(changed, Date.parse(receipt.expiresAt) - Date.now());
  else refresher.stop();
}

/** @param {Receipt} receipt */
function tell(receipt) {
  const { views, viewsLeft, failedClaims, events } = receipt;
  const opened = toldCount(receipt);
  const told = toldState(receipt);
  const open = isOpen(receipt);
  say(byId("state-title", HTMLElement), `receipt.${told}.title`, { opened });
  say(byId("state-text", HTMLElement), `receipt.${told}.text`, () => {
    return { left: viewsLeft, opened, when: moment(endOf(receipt)) };
  });
  say(byId("views", HTMLElement), "receipt.viewsValue", { used: views - viewsLeft, views });
  say(byId("failed", HTMLElement), "receipt.failedValue", { count: failedClaims });
  write(byId("size", HTMLElement), () => message("open.sizeValue", { size: size(receipt.size) }));
  write(byId("created", HTMLElement), () => moment(receipt.createdAt));
  const warning = byId("failed-warning", HTMLElement);
  warning.hidden = failedClaims === 0 || !open;
  say(warning, "receipt.failedWarning", { count: failedClaims });
  byId("events", HTMLElement).replaceChildren(...events.map(rowOf));
  complain(byId("state-problem", HTMLElement), "");
  for (const part of document.querySelectorAll("[data-while=open]")) part.toggleAttribute("hidden", !open);
  askToRevoke(open && !byId("confirmation", HTMLElement).hidden);
}

/** @param {Receipt['events'][number]} event @returns {Element} */
function rowOf({ at, what }) {
  const row = stamp("event");
  const key = `receipt.event.${what}`;
  row.setAttribute("data-what", what);
  // A newer server may know events that this page does not: its own word is better than none.
  write(find(row, "span", HTMLElement), () => (hasMessage(key) ? message(key) : what));
  const time = find(row, "time", HTMLTimeElement);
  time.dateTime = at;
  write(time, () => moment(at));
  return row;
}

function prepareRevoking() {
  const confirmation = byId("confirmation", HTMLElement);
  byId("revoke", HTMLButtonElement).addEventListener("click", () => {
    askToRevoke(true);
    byId("keep", HTMLButtonElement).focus();
  });
  byId("keep", HTMLButtonElement).addEventListener("click", () => changeMind());
  confirmation.addEventListener("keydown", ({ key }) => key === "Escape" && changeMind());
  byId("revoke-it", HTMLButtonElement).addEventListener("click", () => void revoke());
}

/** @param {boolean} asked */
function askToRevoke(asked) {
  byId("confirmation", HTMLElement).hidden = !asked;
  byId("revoking", HTMLElement).hidden = asked || known === null || !isOpen(known);
}

function changeMind() {
  askToRevoke(false);
  byId("revoke", HTMLButtonElement).focus();
}

async function revoke() {
  const button = byId("revoke-it", HTMLButtonElement);
  const problem = byId("state-problem", HTMLElement);
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  complain(problem, "");
  try {
    await new Client(base).revoke(link);
    await ask();
  } catch (error) {
    // Opened or expired in the meantime: what became of it is on the receipt.
    if (["opened", "expired", "revoked"].includes(codeOf(error))) await ask();
    else complain(problem, sentence(error));
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
