/**
 * The options page. A server is saved only after it has answered, so that a mistyped address is found here and not
 * at the first share.
 */

import { Client } from "../keylink/client.js";
import { loadSettings, saveSettings, serverFromInput } from "../settings.js";

/** What may be chosen, as Intl names it. @type {[number, 'minute' | 'hour' | 'day'][]} */
const EXPIRIES = [
  [10, "minute"],
  [1, "hour"],
  [8, "hour"],
  [1, "day"],
  [3, "day"],
  [7, "day"],
  [30, "day"],
];

const SECONDS = { minute: 60, hour: 3_600, day: 86_400 };

/** Why an address is not saved; any other failure means that no Keylink server answers. @type {Record<string, string>} */
const PROBLEMS = {
  "malformed-link": "optionsAddress",
  insecure: "optionsInsecure",
  network: "optionsNetwork",
  "create-token": "optionsToken",
  "ttl-out-of-range": "optionsExpiry",
};

const form = element("form", HTMLFormElement);
const fields = element("fieldset", HTMLFieldSetElement);
const server = element("#server", HTMLInputElement);
const expiry = element("#expiry", HTMLSelectElement);
const save = element("button", HTMLButtonElement);
const problem = element("#problem", HTMLElement);
const status = element("#status", HTMLElement);

/** @template {HTMLElement} T @param {string} selector @param {new () => T} type @returns {T} */
function element(selector, type) {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`options.html lacks ${selector}`);
  return found;
}

/** @param {number} seconds in the unit that people would use @returns {string} */
function duration(seconds) {
  const unit = seconds % SECONDS.day === 0 ? "day" : seconds % SECONDS.hour === 0 ? "hour" : "minute";
  const format = new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 });
  return format.format(seconds / SECONDS[unit]);
}

/** The language that the messages came in. */
function language() {
  return chrome.i18n.getMessage("@@ui_locale").replaceAll("_", "-");
}

function translate() {
  document.documentElement.lang = language();
  document.documentElement.dir = chrome.i18n.getMessage("@@bidi_dir");
  for (const place of document.querySelectorAll("[data-message]")) {
    if (place instanceof HTMLElement) place.textContent = chrome.i18n.getMessage(place.dataset.message ?? "");
  }
}

/** The form is disabled until then: what was typed earlier would be overwritten. */
async function fill() {
  const settings = await loadSettings();
  const choices = EXPIRIES.map(([count, unit]) => count * SECONDS[unit]);
  if (!choices.includes(settings.ttl)) choices.push(settings.ttl);
  for (const seconds of choices.sort((a, b) => a - b)) {
    expiry.add(new Option(duration(seconds), String(seconds), false, seconds === settings.ttl));
  }
  server.value = settings.base;
  fields.disabled = false;
}

/**
 * @param {string} base @param {number} ttl seconds
 * @returns {Promise<{name: string, detail?: string} | null>} the message that says what is wrong, or null
 */
async function problemWith(base, ttl) {
  try {
    const limits = await new Client(base).limits();
    if (limits.createToken) return { name: PROBLEMS["create-token"] };
    if (ttl > limits.ttl.max) return { name: PROBLEMS["ttl-out-of-range"], detail: duration(limits.ttl.max) };
    return null;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return { name: PROBLEMS[code] ?? "optionsNotKeylink" };
  }
}

/** @param {string} text */
function say(text) {
  status.textContent = text;
  status.hidden = text === "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const base = serverFromInput(server.value);
  const ttl = Number(expiry.value);
  problem.textContent = "";
  server.removeAttribute("aria-invalid");
  save.disabled = true;
  say(chrome.i18n.getMessage("saving"));
  const wrong = await problemWith(base, ttl);
  save.disabled = false;
  if (wrong === null) {
    await saveSettings({ servers: [{ base, token: "" }], base, ttl });
    server.value = base;
    say(chrome.i18n.getMessage("saved"));
  } else {
    say("");
    problem.textContent = chrome.i18n.getMessage(wrong.name, wrong.detail ?? "");
    const field = wrong.detail === undefined ? server : expiry;
    if (field === server) server.setAttribute("aria-invalid", "true");
    field.focus();
  }
});

translate();
await fill();
