/**
 * The options page. Whatever is changed is kept at once; what an administrator has fixed stands there and cannot be.
 */

import { askLeave } from "../leave.js";
import { startPage } from "../page.js";
import { LANGUAGES } from "../pages/languages.js";
import { message, say } from "../pages/messages.js";
import { byId, complain, entitle, find } from "../pages/page.js";
import { optionOf } from "../pages/picker.js";
import { EXPIRIES, offerExpiries } from "../pages/terms.js";
import { duration } from "../pages/units.js";
import { loadSettings, onSettings, saveSettings } from "../settings.js";
import { Servers } from "./servers.js";

/** @typedef {import("../settings.js").Settings} Settings */
/** @typedef {import("../settings.js").Chosen} Chosen */

/** As long as the server has not said how many it allows. */
const MOST_VIEWS = 1_000_000;
const COMMAND = "share-selection";

/** @type {Settings} */
let settings;
/** How many changes made here are being kept: what is loaded meanwhile is older than what the fields show. */
let saving = 0;
/** Has the fields show the settings. */
let tell = () => {};
/** What the chosen server takes. @type {import("../keylink/client.js").Limits | null} */
let limits = null;

await startPage(async (loaded) => {
  settings = loaded;
  entitle("extension.options.document");
  const servers = new Servers(save, (found) => {
    limits = found;
    tellTerms();
  });
  prepareTerms();
  prepareMenu();
  prepareOpening();
  prepareLook();
  tell = () => {
    servers.tell(settings);
    tellTerms();
    tellRest();
  };
  tell();
  onSettings((changed) => {
    if (saving > 0) return; // it is told when that is done
    settings = changed;
    tell();
  });
  await servers.ask();
});

/**
 * @param {Chosen} chosen @param {HTMLElement} field beside which it is said
 * @returns {Promise<void>}
 */
async function save(chosen, field) {
  const status = find(field.closest(".card") ?? document, ".heading .done", HTMLElement);
  saving += 1;
  try {
    await saveSettings(chosen);
    settings = await loadSettings();
    say(status, "extension.options.saved");
    status.classList.remove("problem");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The browser's own words (a full disk, a quota) are in no language of ours.
    say(status, "extension.options.saveFailed");
    status.classList.add("problem");
  } finally {
    saving -= 1;
    if (saving === 0) tell();
  }
}

function prepareTerms() {
  const ttl = byId("ttl", HTMLSelectElement);
  const views = byId("views", HTMLInputElement);
  const passphrase = byId("passphrase", HTMLSelectElement);
  ttl.addEventListener("change", () => void save({ ttl: Number(ttl.value) }, ttl));
  views.addEventListener("change", () => {
    const right = views.validity.valid;
    views.setAttribute("aria-invalid", String(!right));
    const max = Number(views.max);
    complain(byId("views-problem", HTMLElement), right ? "" : () => message("extension.options.share.views", { max }));
    if (right) void save({ views: views.valueAsNumber }, views);
  });
  offer(passphrase, ["none", "words", "characters"], (habit) => `extension.options.passphrase.${habit}`);
  passphrase.addEventListener("change", () => {
    void save({ passphrase: /** @type {Settings["passphrase"]} */ (passphrase.value) }, passphrase);
  });
}

/** What is chosen is always there, also where the server refuses it: then that is said. */
function tellTerms() {
  const select = byId("ttl", HTMLSelectElement);
  const { ttl, views, base } = settings;
  const { min, max } = limits?.ttl ?? { min: 1, max: Number.POSITIVE_INFINITY };
  const usual = [...EXPIRIES, ...(limits ? [limits.ttl.max] : [])].filter((seconds) => seconds >= min && seconds <= max);
  offerExpiries(select, new Set([...usual, ttl]), ttl, ttl);
  const longest = () => message("extension.options.share.longest", { server: base, longest: duration(max) });
  complain(byId("ttl-problem", HTMLElement), ttl > max ? longest : "");
  const field = byId("views", HTMLInputElement);
  field.max = String(limits?.maxViews ?? MOST_VIEWS);
  if (field !== document.activeElement) field.value = String(views);
  for (const name of ["ttl", "views", "passphrase"]) tellManaged(name);
  byId("passphrase", HTMLSelectElement).value = settings.passphrase;
}

function prepareMenu() {
  for (const [box, item] of menuBoxes()) {
    box.addEventListener("change", () => void save({ menu: { [item]: box.checked } }, box));
  }
  const isFirefox = chrome.runtime.getURL("").startsWith("moz-extension:");
  const change = byId("change-keys", HTMLButtonElement);
  change.hidden = isFirefox;
  change.addEventListener("click", () => void chrome.tabs.create({ url: "chrome://extensions/shortcuts" }));
  void tellKeys();
  addEventListener("focus", () => void tellKeys()); // they are set on a page of the browser's
}

async function tellKeys() {
  const keys = (await chrome.commands.getAll()).find(({ name }) => name === COMMAND)?.shortcut;
  if (keys) say(byId("keys", HTMLElement), "extension.options.menu.keys", { keys });
  else say(byId("keys", HTMLElement), "extension.options.menu.noKeys");
}

/** @returns {[HTMLInputElement, keyof Settings["menu"]][]} */
function menuBoxes() {
  const items = /** @type {(keyof Settings["menu"])[]} */ (Object.keys(settings.menu));
  return items.map((item) => [byId(`menu.${item}`, HTMLInputElement), item]);
}

function prepareOpening() {
  const box = byId("opensHere", HTMLInputElement);
  const problem = byId("opensHere-problem", HTMLElement);
  box.addEventListener("change", async () => {
    complain(problem, "");
    if (box.checked && !(await askLeave(settings.servers.map(({ base }) => base)))) {
      box.checked = false;
      return complain(problem, () => message("extension.options.open.refused"));
    }
    await save({ opensHere: box.checked }, box);
  });
}

function prepareLook() {
  const theme = byId("theme", HTMLSelectElement);
  offer(theme, ["system", "light", "dark"], (name) => `extension.options.theme.${name}`);
  theme.addEventListener("change", () => {
    void save({ theme: /** @type {Settings["theme"]} */ (theme.value) }, theme);
  });
  const language = byId("language", HTMLSelectElement);
  const browsers = new Option("", "");
  say(browsers, "extension.options.language.browser");
  language.append(browsers, ...LANGUAGES.map(optionOf));
  language.addEventListener("change", () => void save({ language: language.value }, language));
}

function tellRest() {
  for (const [box, item] of menuBoxes()) {
    box.checked = settings.menu[item];
    tellManaged(`menu.${item}`);
  }
  byId("opensHere", HTMLInputElement).checked = settings.opensHere;
  byId("theme", HTMLSelectElement).value = settings.theme;
  byId("language", HTMLSelectElement).value = settings.language;
  for (const name of ["opensHere", "theme", "language"]) tellManaged(name);
}

/** @param {string} name of a setting, and of its field */
function tellManaged(name) {
  const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (byId(name, HTMLElement));
  field.disabled = settings.managed.includes(name);
  byId(`${name}-managed`, HTMLElement).hidden = !field.disabled;
}

/** @param {HTMLSelectElement} select @param {string[]} values @param {(value: string) => string} keyOf its message */
function offer(select, values, keyOf) {
  for (const value of values) {
    const option = new Option("", value);
    say(option, keyOf(value));
    select.append(option);
  }
}
