/**
 * Sharing: what is typed and chosen is sealed here, the ciphertext stored, and the link shown.
 */

import { Client, fileItem, textItem } from "../keylink/client.js";
import { KeylinkError } from "../keylink/errors.js";
import { uploadWithXHR } from "../keylink/upload.js";
import { copies } from "./clipboard.js";
import { FileChooser } from "./files.js";
import { message, say } from "./messages.js";
import { Meter } from "./meter.js";
import { baseOf, byId, complain, entitle, find, show, start } from "./page.js";
import { codeOf, sentence, wasStopped } from "./problems.js";
import { duration, moment, size } from "./units.js";

/** What people choose from, in seconds, as far as the server allows it; its own greatest and default are added. */
const EXPIRIES = [300, 900, 3600, 14400, 43200, 86400, 259200, 604800, 1209600, 2592000];

/** A view that is gone before it could be read is worse than a button that waits, in milliseconds. */
const NOTICEABLE = 250;

const base = baseOf(".");

/** @type {import('../keylink/client.js').Limits | null} */
let limits = null;
/** @type {import('../keylink/client.js').Draft | null} what was sent without an answer; the server is asked before it is sent anew */
let unanswered = null;
/** @type {AbortController | null} while something is being sealed or sent */
let running = null;
/** The link is on the page and nowhere else yet. */
let uncopied = false;

/** What the form itself finds wrong, and in which field where it is one. */
class Refusal extends Error {
  /** @param {string} sentence @param {HTMLInputElement | null} [field] */
  constructor(sentence, field = null) {
    super(sentence);
    this.field = field;
  }
}

await start(begin);

async function begin() {
  entitle("create.document");
  const form = byId("form", HTMLFormElement);
  const files = new FileChooser(changed);
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void share(files);
  });
  field("secret").addEventListener("keydown", (event) => {
    // Enter alone is a new line of the secret.
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  byId("cancel", HTMLButtonElement).addEventListener("click", () => running?.abort());
  byId("another", HTMLButtonElement).addEventListener("click", startAnew);
  prepareResult();
  addEventListener("beforeunload", (event) => (running || uncopied) && event.preventDefault());
  tellViews();
  offerExpiries({ min: 300, max: 604800, default: 86400 });
  if (matchMedia("(hover: hover)").matches) field("secret").focus(); // elsewhere it would bring up the keyboard
  try {
    await askLimits();
  } catch (error) {
    complain(byId("compose-problem", HTMLElement), sentence(error));
  }
  await offerExtension();
}

/** Other content is another secret: what was sent before is not what is asked about then. */
function changed() {
  unanswered = null;
  complain(byId("compose-problem", HTMLElement), "");
  byId("views", HTMLInputElement).removeAttribute("aria-invalid");
  tellViews();
}

/** The first sentence says how often the link opens; while the number is none, it keeps what it said. */
function tellViews() {
  const views = byId("views", HTMLInputElement);
  if (views.validity.valid) say(byId("lead", HTMLElement), "create.lead", { views: views.valueAsNumber });
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

/** @param {'secret' | 'link' | 'receipt'} id */
function field(id) {
  return byId(id, HTMLTextAreaElement);
}

/** @returns {Promise<import('../keylink/client.js').Limits>} */
async function askLimits() {
  if (limits) return limits;
  limits = await new Client(base).limits();
  offerExpiries(limits.ttl);
  const views = byId("views", HTMLInputElement);
  views.max = String(limits.maxViews);
  byId("token-field", HTMLElement).hidden = !limits.createToken;
  return limits;
}

/** Keeps what is chosen, where it is still offered. @param {import('../keylink/client.js').Limits['ttl']} ttl */
function offerExpiries(ttl) {
  const select = byId("expires", HTMLSelectElement);
  const chosen = Number(select.value || ttl.default);
  const offered = new Set([...EXPIRIES, ttl.default, ttl.max].filter((seconds) => seconds >= ttl.min && seconds <= ttl.max));
  const pick = select.options.length > 0 && offered.has(chosen) ? chosen : ttl.default;
  select.replaceChildren(
    ...[...offered]
      .sort((a, b) => a - b)
      .map((seconds) => new Option(duration(seconds), String(seconds), seconds === ttl.default, seconds === pick)),
  );
}

/** @param {FileChooser} files */
async function share(files) {
  if (running) return;
  const abort = new AbortController();
  const submit = byId("form", HTMLFormElement).querySelector("button[type=submit]");
  const meter = new Meter(byId("working", HTMLElement));
  const noticed = setTimeout(() => show("working"), NOTICEABLE);
  running = abort;
  submit?.setAttribute("aria-disabled", "true");
  try {
    meter.update({ phase: unanswered ? "asking" : "sealing", done: 0, total: null });
    const shared = await send(files, meter.update, abort.signal);
    present(shared, files);
  } catch (error) {
    show("compose");
    complain(byId("compose-problem", HTMLElement), explain(error));
    if (error instanceof Refusal && error.field) leadTo(error.field);
  } finally {
    clearTimeout(noticed);
    submit?.removeAttribute("aria-disabled");
    running = null;
  }
}

/** To the field that is wrong, out of the fold where it lies in one. @param {HTMLInputElement} wrong */
function leadTo(wrong) {
  const fold = wrong.closest("details");
  if (fold) fold.open = true;
  wrong.setAttribute("aria-invalid", "true");
  wrong.focus();
}

/**
 * @param {FileChooser} files @param {(progress: import('../keylink/client.js').Progress) => void} onProgress @param {AbortSignal} signal
 * @returns {Promise<import('../keylink/client.js').Shared>}
 */
async function send(files, onProgress, signal) {
  const text = field("secret").value;
  if (text === "" && files.files.length === 0) throw new Refusal(message("create.empty"));
  const { maxEnvelopeBytes, maxViews } = await askLimits();
  const views = byId("views", HTMLInputElement);
  if (!views.validity.valid) throw new Refusal(message("create.viewsRange", { max: maxViews }), views);
  // Text of n UTF-16 units has n octets at least, so this refuses nothing that would fit; the library knows the exact size.
  if (files.size + text.length > maxEnvelopeBytes) {
    throw new Refusal(message("create.tooLarge", { size: size(files.size + text.length), limit: size(maxEnvelopeBytes) }));
  }
  const createToken = byId("token", HTMLInputElement).value.trim() || undefined;
  const client = new Client(base, { upload: uploadWithXHR, createToken });
  const before = unanswered && (await client.outcome(unanswered, { signal }));
  if (before) return before;
  return client.share([...(text === "" ? [] : [textItem(text)]), ...files.files.map(fileItem)], {
    ttl: Number(byId("expires", HTMLSelectElement).value),
    views: views.valueAsNumber,
    passphrase: byId("passphrase", HTMLInputElement).value || undefined,
    maxEnvelopeBytes,
    onProgress,
    onSealed: (draft) => {
      unanswered = draft;
    },
    signal,
  });
}

/** @param {unknown} error @returns {import("./messages.js").Said} */
function explain(error) {
  if (error instanceof Refusal) return error.message;
  if (wasStopped(error)) return message("create.stopped");
  const code = codeOf(error);
  if (code === "missing-token" || code === "not-allowed") byId("token-field", HTMLElement).hidden = false;
  // The text is always well-formed by then, so it is a file's name or type that the format refuses.
  if (code === "malformed-payload") return message("problem.file-name");
  if (error instanceof KeylinkError && code === "not-found") return sentence(new KeylinkError("unexpected-answer"));
  return sentence(error, () => ({ limit: size(limits?.maxEnvelopeBytes ?? 0) }));
}

/** @param {import('../keylink/client.js').Shared} shared @param {FileChooser} files */
function present(shared, files) {
  const passphrase = byId("passphrase", HTMLInputElement);
  byId("passphrase-note", HTMLElement).hidden = passphrase.value === "";
  field("link").value = shared.link;
  field("receipt").value = shared.receiptLink;
  byId("open-receipt", HTMLAnchorElement).href = shared.receiptLink;
  say(byId("terms", HTMLElement), "shared.terms", { views: shared.views, when: moment(shared.expiresAt) });
  field("secret").value = "";
  passphrase.value = "";
  files.clear();
  unanswered = null;
  uncopied = true;
  entitle("shared.document");
  show("shared");
}

function prepareResult() {
  for (const id of /** @type {const} */ (["link", "receipt"])) {
    field(id).addEventListener("focus", () => field(id).select());
    copies(
      byId(`copy-${id}`, HTMLButtonElement),
      byId(`${id}-copied`, HTMLElement),
      () => field(id).value,
      () => {
        if (id === "link") uncopied = false;
      },
    );
  }
  field("link").addEventListener("copy", () => {
    uncopied = false;
  });
}

function startAnew() {
  for (const id of /** @type {const} */ (["link", "receipt"])) field(id).value = "";
  for (const id of ["link-copied", "receipt-copied"]) byId(id, HTMLElement).textContent = "";
  byId("open-receipt", HTMLAnchorElement).removeAttribute("href");
  byId("more", HTMLDetailsElement).open = false;
  byId("views", HTMLInputElement).value = "1";
  tellViews();
  for (const fold of document.querySelectorAll("#shared details")) fold.removeAttribute("open");
  uncopied = false;
  entitle("create.document");
  show("compose");
  field("secret").focus();
}
