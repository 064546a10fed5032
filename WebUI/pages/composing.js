/**
 * Sharing: what is typed and chosen is sealed here, the ciphertext stored, and the link shown.
 *
 * Which server takes it, and what is kept of it, is said by whoever brings the page up (create.js).
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
import { byId, entitle, show } from "./page.js";
import { codeOf, sentence, wasStopped } from "./problems.js";
import { Sending } from "./sending.js";
import { Result } from "./shared.js";
import { size } from "./units.js";

/** A view that is gone before it could be read is worse than a button that waits, in milliseconds. */
const NOTICEABLE = 250;

/** @typedef {import("../keylink/client.js").Limits} Limits */

/**
 * @typedef {object} Place
 * @property {string} base of the server that stores it
 * @property {string} [createToken] known without asking; what is typed comes before it
 * @property {() => void} [onChange] what is shared, or how, is another now
 * @property {(draft: import("../keylink/client.js").Draft) => Promise<void>} [onSealed] before the first octet leaves
 * @property {(shared: import("../keylink/client.js").Shared) => Promise<void>} [onShared] before the link is shown: it is
 *   kept, and leaving loses nothing
 * @property {(result: Result, goOn: () => void) => void} [askToLeave] before another secret takes the place of a link that
 *   nobody has taken
 * @property {(error: unknown) => import("./messages.js").Said | null} [explain] what is to be said of it here; null: as
 *   everywhere
 */

const sending = new Sending();

/** @type {Place} */
let place;
/** @type {Limits | null} */
let limits = null;

/** @param {Place} here @returns {{form: ShareForm, result: Result, sending: Sending}} */
export function begin(here) {
  place = here;
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
      place.onChange?.();
    },
  });
  byId("cancel", HTMLButtonElement).addEventListener("click", () => sending.stop());
  document.addEventListener("keydown", (event) => event.key === "Escape" && sending.stop());
  byId("another", HTMLButtonElement).addEventListener("click", () => {
    const goOn = () => startAnew(form, result);
    if (result.taken || !place.askToLeave) goOn();
    else place.askToLeave(result, goOn);
  });
  addEventListener("beforeunload", (event) => {
    if (sending.isRunning || (!place.onShared && !(form.isEmpty && result.taken))) event.preventDefault();
  });
  tellViews(form);
  if (matchMedia("(hover: hover)").matches) form.focus(); // elsewhere it would bring up the keyboard
  return { form, result, sending };
}

/**
 * Asks the server what it takes, and says where it cannot be asked.
 * @param {ShareForm} form @param {boolean} [again] after it could not be reached
 */
export async function greet(form, again = false) {
  const { base } = place;
  try {
    await askLimits(form);
    if (again) form.complain("");
  } catch (error) {
    if (base !== place.base) return; // another server is meant by now
    form.complain(place.explain?.(error) ?? sentence(error));
    addEventListener("online", () => void greet(form, true), { once: true });
  }
}

/** Another server is to store it. @param {ShareForm} form @param {Pick<Place, "base" | "createToken">} server */
export async function moveTo(form, server) {
  place = { ...place, ...server };
  limits = null;
  sending.change();
  form.complain("");
  await greet(form);
}

/** The first sentence says how often the link opens; while the number is none, it keeps what it said. @param {ShareForm} form */
function tellViews({ views }) {
  if (views !== null) say(byId("lead", HTMLElement), "create.lead", { views });
}

/** @param {ShareForm} form @param {AbortSignal} [signal] @returns {Promise<Limits>} */
async function askLimits(form, signal) {
  const { base } = place;
  const found = limits ?? (await new Client(base).limits({ signal }));
  if (base !== place.base) return found; // another server is meant by now, and is asked itself
  limits = found;
  form.limit(limits, place.createToken === undefined);
  return limits;
}

/** @param {ShareForm} form @param {Result} result */
async function share(form, result) {
  if (sending.isRunning) return;
  const noticed = setTimeout(() => show("working"), NOTICEABLE);
  form.wait(true);
  try {
    const shared = await sending.run((signal) => send(form, signal));
    await place.onShared?.(shared);
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
  const createToken = form.createToken ?? place.createToken;
  const client = new Client(place.base, { upload: uploadWithXHR, createToken, wait: waitForConnection });
  const options = { ...form.options, maxEnvelopeBytes, signal, onSealed: place.onSealed };
  return await sending.send(client, () => form.items(), options, meter.update);
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
  form.complain(place.explain?.(error) ?? sentence(error, () => ({ limit: size(limits?.maxEnvelopeBytes ?? 0) })));
}

/** @param {ShareForm} form @param {Result} result */
function startAnew(form, result) {
  result.clear();
  form.reset();
  entitle("create.document");
  show("compose");
  form.focus();
}
