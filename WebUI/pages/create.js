/**
 * The page that shares: what is typed and chosen is sealed here, the ciphertext stored, and the link shown.
 */

import { Client } from "../keylink/client.js";
import { KeylinkError } from "../keylink/errors.js";
import { sweepKept } from "../keylink/keeping.js";
import { loadSodium } from "../keylink/sodium.js";
import { uploadWithXHR } from "../keylink/upload.js";
import { waitForConnection } from "./connection.js";
import { Refusal, ShareForm } from "./form.js";
import { message, say } from "./messages.js";
import { Meter } from "./meter.js";
import { baseOf, byId, entitle, find, show, start } from "./page.js";
import { codeOf, sentence, wasStopped } from "./problems.js";
import { Sending } from "./sending.js";
import { Result } from "./shared.js";
import { size } from "./units.js";

/** A view that is gone before it could be read is worse than a button that waits, in milliseconds. */
const NOTICEABLE = 250;

const base = baseOf(".");
const sending = new Sending();

/** @type {import('../keylink/client.js').Limits | null} */
let limits = null;

await start(begin);

async function begin() {
  // Compiled while the reader types. Whoever needs it asks again, and says what is wrong.
  loadSodium().catch(() => null);
  void sweepKept();
  entitle("create.document");
  const result = new Result();
  const form = new ShareForm({
    onSubmit: () => void share(form, result),
    onChange() {
      sending.change();
      tellViews(form);
    },
  });
  byId("cancel", HTMLButtonElement).addEventListener("click", () => sending.stop());
  document.addEventListener("keydown", (event) => event.key === "Escape" && sending.stop());
  byId("another", HTMLButtonElement).addEventListener("click", () => startAnew(form, result));
  addEventListener("beforeunload", (event) => (sending.isRunning || !result.taken) && event.preventDefault());
  tellViews(form);
  if (matchMedia("(hover: hover)").matches) form.focus(); // elsewhere it would bring up the keyboard
  await greet(form);
  await offerExtension();
}

/** @param {ShareForm} form @param {boolean} [again] after it could not be reached */
async function greet(form, again = false) {
  try {
    await askLimits(form);
    if (again) form.complain("");
  } catch (error) {
    form.complain(sentence(error));
    addEventListener("online", () => void greet(form, true), { once: true });
  }
}

/** The first sentence says how often the link opens; while the number is none, it keeps what it said. @param {ShareForm} form */
function tellViews({ views }) {
  if (views !== null) say(byId("lead", HTMLElement), "create.lead", { views });
}

/** Not every server has the packed extension; a link that leads nowhere would be worse than none. */
async function offerExtension() {
  const place = byId("extension", HTMLElement);
  try {
    const answer = await fetch(find(place, "a", HTMLAnchorElement).href, { method: "HEAD" });
    place.hidden = !answer.ok;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // unreachable: nothing to offer
  }
}

/** @param {ShareForm} form @param {AbortSignal} [signal] @returns {Promise<import('../keylink/client.js').Limits>} */
async function askLimits(form, signal) {
  limits ??= await new Client(base).limits({ signal });
  form.limit(limits);
  return limits;
}

/** @param {ShareForm} form @param {Result} result */
async function share(form, result) {
  if (sending.isRunning) return;
  const noticed = setTimeout(() => show("working"), NOTICEABLE);
  form.wait(true);
  try {
    const shared = await sending.run((signal) => send(form, signal));
    result.present(shared, form.passphrase);
    form.clear();
    entitle("shared.document");
    show("shared");
  } catch (error) {
    show("compose");
    tell(error, form);
  } finally {
    clearTimeout(noticed);
    form.wait(false);
  }
}

/** @param {ShareForm} form @param {AbortSignal} signal @returns {Promise<import('../keylink/client.js').Shared>} */
async function send(form, signal) {
  form.checkContent();
  const meter = new Meter(byId("working", HTMLElement));
  meter.update({ phase: "limits", done: 0, total: null });
  const { maxEnvelopeBytes } = await askLimits(form, signal);
  form.checkLimits();
  const client = new Client(base, { upload: uploadWithXHR, createToken: form.createToken, wait: waitForConnection });
  return await sending.send(client, () => form.items(), { ...form.options, maxEnvelopeBytes, signal }, meter.update);
}

/** @param {unknown} error @param {ShareForm} form */
function tell(error, form) {
  if (error instanceof Refusal) return form.refuse(error);
  if (wasStopped(error)) return form.complain(() => message("create.stopped"));
  const code = codeOf(error);
  if (code === "missing-token" || code === "not-allowed") form.askForToken();
  else form.name(true);
  // The names of files can travel by then, so it is the text.
  if (code === "malformed-payload") return form.complain(() => message("create.malformedText"));
  if (error instanceof KeylinkError && code === "not-found") {
    return form.complain(sentence(new KeylinkError("unexpected-answer")));
  }
  form.complain(sentence(error, () => ({ limit: size(limits?.maxEnvelopeBytes ?? 0) })));
}

/** @param {ShareForm} form @param {Result} result */
function startAnew(form, result) {
  result.clear();
  form.reset();
  entitle("create.document");
  show("compose");
  form.focus();
}
