/**
 * Opening: looks first, asks, then claims, and shows what came only when all of it is verified and here.
 *
 * The link stays in memory until then, whatever fails. Where the page lies, and what it may keep where, is said by whoever
 * brings it up (open.js).
 */

import { Client } from "../keylink/client.js";
import { KeylinkError } from "../keylink/errors.js";
import { roomFor, sweepKept, veiledKeeperFor } from "../keylink/keeping.js";
import { mendKey } from "../keylink/paste.js";
import { idOf, readAddress } from "./address.js";
import { waitForConnection } from "./connection.js";
import { Contents, collect } from "./contents.js";
import { end, prepareEnding } from "./ended.js";
import { Fate } from "./fate.js";
import { keyWasHidden, onAddress } from "./fragment.js";
import { message, say } from "./messages.js";
import { Meter } from "./meter.js";
import { byId, complain, entitle, show } from "./page.js";
import { codeOf, ending, sentence, wasStopped } from "./problems.js";
import { Ways } from "./saving.js";
import { clock, fromNow, moment, size } from "./units.js";

/** A lease holds for so long after the last sign of life (Spec/openapi.yaml, claim), in milliseconds. */
const LEASE = 5 * 60_000;

/** After these another try makes sense, of the same step. */
const PASSING = new Set([
  ...["network", "corrupt", "in-use", "lease-ended", "unexpected-answer", "internal", "shutting-down", "unexpected"],
  ...["storage-unavailable", "too-many-requests", "too-slow", "out-of-memory", "no-room", "range", "no-lease"],
]);
/** After these the link itself is in doubt. */
const DOUBTFUL = new Set(["malformed-link", "not-found", "wrong-link", "wrong-key"]);
/** These are about what was typed, and take no view. */
const TYPED = new Set(["wrong-key", "passphrase-required", "malformed-passphrase", "too-many-attempts"]);

/** What is said of a key that others may have seen. */
const EXPOSED = { escaped: "open.exposed.escaped", wrapped: "open.exposed.wrapped" };

/**
 * @typedef {object} Place
 * @property {string} base of the server whose links are opened
 * @property {import("../keylink/claims.js").ClaimStore} claims
 * @property {import("./saving.js").Saver} saver
 * @property {() => string} address that the page was called with
 * @property {(id: string) => void} rest puts into the address bar what may stand there while this secret is read
 * @property {(address: string) => string} [baseOf] where links of several servers are opened: which of them this one is of
 * @property {(base: string) => Promise<void>} [reach] asks for the browser's leave where the server does not answer without
 * @property {() => void} [onSettled] the server knows that the secret arrived: the link is of no use here any more
 */

/** @type {Place} */
let place;
/** @type {Ways} */
let ways;
let link = "";
/** @type {import('../keylink/client.js').Looked | null} */
let looked = null;
/** @type {AbortController | null} while a claim runs */
let running = null;
/** @type {Contents | null} */
let contents = null;
/** @type {Fate | null} */
let fate = null;

/** @param {Place} here */
export async function begin(here) {
  place = { ...here };
  ways = new Ways(here.saver);
  entitle("open.document");
  prepareEnding((address) => void take(address, true));
  onAddress((address) => void take(address, false));
  byId("form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void open();
  });
  byId("cancel", HTMLButtonElement).addEventListener("click", () => running?.abort());
  byId("reveal", HTMLButtonElement).addEventListener("click", reveal);
  addEventListener("keydown", cancelByKey);
  addEventListener("beforeunload", (event) => {
    if (isBusy()) event.preventDefault();
  });
  addEventListener("pagehide", (event) => {
    if (!(event instanceof PageTransitionEvent && event.persisted)) void contents?.close();
  });
  void sweepKept();
  await take(here.address(), false);
}

/** Something would be lost, or be left half done. @returns {boolean} */
const isBusy = () => running !== null || (fate !== null && !fate.settled) || (contents?.unsaved ?? false);

/** @param {string} address called or pasted @param {boolean} pasted by hand: it may be the key alone */
async function take(address, pasted) {
  if (isBusy()) return; // what is here must not make room for what is not
  forget();
  place.base = place.baseOf?.(address) ?? place.base;
  const key = pasted ? mendKey(address) : null;
  const read = readAddress(key === null ? address : `${location.href}#${key}`, place.base, "s");
  if ("problem" in read) return await refuse(read, !pasted && keyWasHidden());
  link = read.link;
  say(byId("server-word", HTMLElement), read.exposed === "escaped" ? "server.mayHaveKey" : "server.blind");
  const told = read.exposed && EXPOSED[read.exposed];
  complain(byId("exposed-note", HTMLElement), told ? () => message(told) : "");
  place.rest(read.id);
  await look();
}

/**
 * Without a key nothing can be looked at, but a claim that began here can still be told of.
 * @param {import('./address.js').Misread} misread @param {boolean} anew the page had a key, and was loaded again
 */
async function refuse({ problem, values }, anew) {
  const id = idOf(location.href);
  const claim = id && problem === "noKey" ? await place.claims.get(place.base, id) : null;
  if (claim && isAlive(claim)) {
    const text = () => message("resume.text", { until: clock(claim.at + LEASE, "short") });
    return end({ title: () => message("resume.title"), text, paste: true, calm: true });
  }
  const reloaded = anew && problem === "noKey";
  end({ ...ending(reloaded ? "reloaded" : problem, null, values), paste: true, calm: reloaded });
}

/**
 * Whether it goes on without taking another view: one that never got an answer may have taken none, or somebody else the last.
 * @param {import("../keylink/claims.js").ClaimRecord} claim
 */
const isAlive = ({ begun, at }) => begun && at + LEASE > Date.now();

/** What an earlier link left on the page. */
function forget() {
  void contents?.close();
  contents = null;
  fate = null;
  looked = null;
  byId("contents", HTMLElement).replaceChildren();
  byId("passphrase", HTMLInputElement).value = "";
  entitle("open.document");
}

async function look() {
  show("looking");
  try {
    await place.reach?.(place.base);
    looked = await client().look(link, { claims: place.claims });
    await present(looked);
  } catch (error) {
    fail(error, () => void look());
  }
}

/** @param {import('../keylink/client.js').Looked} found */
async function present({ size: octets, expiresAt, viewsLeft, needsPassphrase, claim }) {
  const known = octets !== null && expiresAt !== null && viewsLeft !== null;
  byId("facts", HTMLElement).hidden = !known;
  if (known) {
    say(byId("size", HTMLElement), "open.sizeValue", () => ({ size: size(octets) }));
    say(byId("views", HTMLElement), "open.viewsValue", { views: viewsLeft });
    say(byId("expires", HTMLElement), "open.expiresValue", () => ({ relative: fromNow(expiresAt), when: moment(expiresAt) }));
    say(byId("readers", HTMLElement), needsPassphrase ? "open.readersPassphrase" : "open.readersLink");
  }
  await tellOfRoom(octets ?? 0);
  const note = byId("resume-note", HTMLElement);
  const goesOn = claim !== null && isAlive(claim);
  note.hidden = !goesOn;
  if (goesOn) say(note, "open.resume", () => ({ until: clock(claim.at + LEASE, "short") }));
  byId("passphrase-field", HTMLElement).hidden = !needsPassphrase;
  complain(byId("ready-problem", HTMLElement), "");
  show("ready");
}

/** What this browser may not be able to take is said while nothing is opened. @param {number} octets */
async function tellOfRoom(octets) {
  const { place: where, room } = await roomFor(octets);
  const limit = Math.min(room, ways.limit);
  const key = where === "disk" && octets > room ? "open.roomDisk" : "open.roomMemory";
  complain(byId("room-note", HTMLElement), octets > limit ? () => message(key, { limit: size(limit) }) : "");
}

/** @returns {Client} */
const client = () => new Client(place.base, { wait: waitForConnection });

async function open() {
  if (running || !looked) return;
  const field = byId("passphrase", HTMLInputElement);
  if (looked.needsPassphrase && field.value === "") return askAgain(() => message("open.passphraseMissing"));
  const meter = new Meter(byId("working", HTMLElement));
  const telling = tellProgress(meter);
  running = new AbortController();
  meter.update({ phase: looked.needsPassphrase ? "stretching" : "receiving", done: 0, total: null });
  show("working");
  try {
    await receive(await claim(looked, field.value, telling.tell, running.signal));
    field.value = "";
  } catch (error) {
    await failToOpen(error);
  } finally {
    telling.stop();
    running = null;
  }
}

/**
 * @param {import('../keylink/client.js').Looked} seen @param {string} passphrase
 * @param {import('../keylink/client.js').OpenOptions["onProgress"]} onProgress @param {AbortSignal} signal
 * @returns {Promise<import('../keylink/client.js').Opened>}
 */
function claim(seen, passphrase, onProgress, signal) {
  return client().open(link, {
    claims: place.claims,
    keep: veiledKeeperFor,
    passphrase: passphrase || undefined,
    looked: seen,
    onProgress,
    signal,
  });
}

/**
 * While a connection is waited for, whether it is the device that is offline may change.
 * @param {Meter} meter
 * @returns {{tell: (progress: import('../keylink/client.js').Progress) => void, stop: () => void}}
 */
function tellProgress(meter) {
  const listening = new AbortController();
  /** @type {import('../keylink/client.js').Progress | null} */
  let last = null;
  const draw = () => {
    if (last) meter.update(last.phase === "waiting" && !navigator.onLine ? { ...last, phase: "offline" } : last);
  };
  addEventListener("offline", draw, { signal: listening.signal });
  return {
    tell(progress) {
      last = progress;
      draw();
    },
    stop: () => listening.abort(),
  };
}

/** @param {import('../keylink/client.js').Opened} opened */
async function receive(opened) {
  try {
    const items = await collect(opened.items);
    contents = new Contents(byId("contents", HTMLElement), items, { kept: opened.kept, ways });
  } catch (error) {
    await opened.close();
    throw error;
  }
  const its = new Fate(opened, () => client().look(link));
  fate = its;
  entitle("opened.document");
  show("opened");
  void its.follow(contents).then(() => {
    if (fate !== its) return; // another one is here by now
    link = "";
    place.onSettled?.();
  });
}

/** @param {unknown} error */
async function failToOpen(error) {
  if (wasStopped(error)) return await stop();
  const code = codeOf(error);
  if (looked?.needsPassphrase && TYPED.has(code)) {
    return askAgain(code === "wrong-key" ? () => message("open.wrongPassphrase") : sentence(error));
  }
  fail(error, () => void open());
}

/** @param {import("./messages.js").Said} problem */
function askAgain(problem) {
  show("ready");
  complain(byId("ready-problem", HTMLElement), problem);
  const field = byId("passphrase", HTMLInputElement);
  field.focus();
  field.select();
}

/** Escape stops what Cancel stops, but where it closes a list or ends what is being written. @param {KeyboardEvent} event */
function cancelByKey({ key, isComposing, target }) {
  if (key === "Escape" && !isComposing && !(target instanceof HTMLSelectElement)) running?.abort();
}

/** The reader stopped it: what began goes on within the lease. */
async function stop() {
  const begun = looked && (await place.claims.get(place.base, looked.id));
  if (!begun || !isAlive(begun)) return show("ready");
  const text = () => message("ended.stopped.text", { until: clock(begun.at + LEASE, "short") });
  end({ title: () => message("ended.stopped.title"), text, again: () => void look(), calm: true });
}

/** @param {unknown} error @param {() => void} again the same step once more */
function fail(error, again) {
  const over = error instanceof KeylinkError && error.code === "lease-ended" && error.state !== "waiting";
  const code = over ? "lease-over" : codeOf(error);
  const step = code === "lease-ended" ? () => void look() : again;
  end({
    ...ending(code, error),
    again: PASSING.has(code) ? step : null,
    whenOnline: code === "network",
    paste: DOUBTFUL.has(code),
  });
}

function reveal() {
  const masked = byId("passphrase", HTMLInputElement).classList.toggle("masked");
  say(byId("reveal", HTMLButtonElement), masked ? "open.show" : "open.hide");
}
