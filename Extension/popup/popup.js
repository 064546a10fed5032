/**
 * Sharing from the button in the toolbar: the page's own form, set as the options say. The same page in a tab, under
 * `?tab`, is for those who choose files, since the popup closes as soon as anything else is clicked.
 */

import { Client } from "../keylink/client.js";
import { askLeave, isAllowed } from "../leave.js";
import { remember } from "../own.js";
import { startPage } from "../page.js";
import { begin, greet, moveTo } from "../pages/composing.js";
import { message, say } from "../pages/messages.js";
import { byId, entitle, find, show } from "../pages/page.js";
import { codeOf } from "../pages/problems.js";
import { dropDraft, loadDraft, saveDraft, takeDraft } from "./draft.js";
import { LinkList } from "./links.js";

/** @typedef {import("../settings.js").Settings} Settings */
/** @typedef {import("../settings.js").Server} Server */
/** @typedef {import("../keylink/client.js").Shared} Shared */
/** @typedef {import("./draft.js").Draft} Draft */
/** @typedef {ReturnType<typeof begin>} Composer */

/** A server that has not said by then what became of a share is asked another time, in milliseconds. */
const PATIENCE = 10_000;

const inTab = new URLSearchParams(location.search).has("tab");

/** The server that is shared to. @type {Server} */
let server;
/** Whether somebody has chosen it. */
let isChosen = false;
/** Whether the browser's leave to reach it was given. */
let allowed = false;
/** @type {Composer} */
let composer;
/** Whether this window has the draft. */
let keepsDraft = false;
/** @type {Draft["sending"]} */
let underWay = null;

await startPage(async (settings) => {
  server = { base: settings.base, token: settings.token };
  isChosen = settings.saved;
  const [leave, mine] = await Promise.all([isAllowed(server.base), takeDraft(inTab)]);
  allowed = leave;
  composer = begin({ ...placeOf(server), onChange, onSealed, onShared, explain });
  prepareAround();
  offerServers(settings);
  await setUp(settings, mine ? await loadDraft() : null);
  keepsDraft = mine; // from here on: setting it up is no change
  await greet(composer.form);
});

/** @param {Server} at */
function placeOf({ base, token }) {
  return { base, createToken: token || undefined };
}

/** As the options say, or as it was left when the window was closed. @param {Settings} settings @param {Draft | null} draft */
async function setUp({ ttl, views, passphrase }, draft) {
  const { form } = composer;
  const drawn = async () => {
    if (passphrase === "none") return;
    byId("more", HTMLDetailsElement).open = true;
    await form.drawPassphrase(passphrase);
  };
  form.prefer({ ttl, views });
  byId("another", HTMLButtonElement).addEventListener("click", () => void drawn());
  if (draft === null) return await drawn();
  form.restore(draft);
  byId("more", HTMLDetailsElement).open = draft.passphrase !== "" || draft.views !== views;
  if (draft.sending !== null) await askFor(draft, draft.sending);
}

/** The window was closed while it was sent. @param {Draft} draft @param {NonNullable<Draft["sending"]>} sending */
async function askFor({ passphrase, drawn }, sending) {
  const { form, result, sending: share } = composer;
  say(find(byId("working", HTMLElement), "[data-meter=phase]", HTMLElement), "extension.popup.asking");
  show("working");
  try {
    const shared = await share.run((stopped) => {
      const signal = AbortSignal.any([stopped, AbortSignal.timeout(PATIENCE)]);
      return new Client(sending.base).outcome(sending, { signal });
    });
    if (shared !== null) {
      await keep(shared, sending.base, drawn ? passphrase : "");
      result.present(shared, passphrase);
      form.clear();
      entitle("shared.document");
      return show("shared");
    }
    form.complain(() => message("extension.popup.interrupted"));
  } catch {
    form.complain(() => message("extension.popup.unsure"));
    underWay = sending; // to be asked for when the window opens the next time
  }
  share.supersede(sending); // what is shared now takes its place
  show("compose");
}

function onChange() {
  tellHelp(null);
  void noteDraft();
}

async function noteDraft() {
  if (!keepsDraft) return;
  const { form } = composer;
  const { text, passphrase, options, views } = form;
  const drawn = form.drawnPassphrase !== "";
  await saveDraft({ text, passphrase, drawn, ttl: options.ttl, views: views ?? 1, sending: underWay });
}

/** @param {NonNullable<Draft["sending"]>} sending */
async function onSealed(sending) {
  underWay = sending;
  await noteDraft();
}

/** @param {Shared} shared */
async function onShared(shared) {
  await keep(shared, server.base, composer.form.drawnPassphrase);
}

/** @param {Shared} shared @param {string} base @param {string} passphrase drawn; empty otherwise */
async function keep(shared, base, passphrase) {
  await remember({ ...shared, base, passphrase });
  underWay = null;
  await dropDraft();
}

/**
 * What a page of the server would not have to say, and what helps.
 * @param {unknown} error @returns {(() => string) | null}
 */
function explain(error) {
  const code = codeOf(error);
  if (code !== "network") return null;
  const { base } = server;
  tellHelp(isChosen ? (allowed ? null : "allow") : "choose");
  if (!isChosen) return () => message("extension.popup.notSetUp", { server: base });
  return allowed ? null : () => message("extension.unanswered", { host: new URL(base).host });
}

/** @param {"allow" | "choose" | null} help the button beneath what is wrong */
function tellHelp(help) {
  const button = byId("allow", HTMLButtonElement);
  byId("help", HTMLElement).hidden = help === null;
  button.hidden = help !== "allow";
  byId("choose", HTMLButtonElement).hidden = help !== "choose";
  say(button, "extension.allow", { host: new URL(server.base).host });
}

/** @param {Settings} settings */
function offerServers({ servers, base }) {
  const select = byId("server", HTMLSelectElement);
  select.append(...servers.map((one) => new Option(one.base, one.base, one.base === base, one.base === base)));
  byId("server-field", HTMLElement).hidden = servers.length < 2;
  select.addEventListener("change", async () => {
    server = servers.find((one) => one.base === select.value) ?? server;
    allowed = await isAllowed(server.base);
    await moveTo(composer.form, placeOf(server));
  });
}

/** What stands around the form: the list of links, the tab, the options, the browser's leave. */
function prepareAround() {
  const share = byId("show-share", HTMLButtonElement);
  const links = byId("show-own", HTMLButtonElement);
  const list = new LinkList((count) => say(links, "extension.own.button", { count }));
  const own = byId("own", HTMLElement);
  let left = "compose";
  links.addEventListener("click", () => {
    if (!own.hidden) return;
    left = find(document, "main > section:not([hidden])", HTMLElement).id;
    show("own");
  });
  share.addEventListener("click", () => !own.hidden && show(left));
  // Also when a share that ended meanwhile has come to the front by itself.
  new MutationObserver(() => {
    share.setAttribute("aria-current", String(own.hidden));
    links.setAttribute("aria-current", String(!own.hidden));
    list.follow(!own.hidden);
  }).observe(own, { attributeFilter: ["hidden"] });

  const tab = byId("open-tab", HTMLButtonElement);
  tab.hidden = inTab;
  byId("files-note", HTMLElement).hidden = inTab;
  for (const button of [tab, byId("files-tab", HTMLButtonElement)]) button.addEventListener("click", () => void openTab());
  for (const id of ["options", "choose"]) {
    byId(id, HTMLButtonElement).addEventListener("click", () => void chrome.runtime.openOptionsPage());
  }
  byId("allow", HTMLButtonElement).addEventListener("click", async () => {
    allowed = await askLeave([server.base]);
    if (!allowed) return composer.form.complain(() => message("extension.refused", { host: new URL(server.base).host }));
    tellHelp(null);
    await greet(composer.form, true);
  });
}

async function openTab() {
  await noteDraft();
  await chrome.tabs.create({ url: chrome.runtime.getURL("popup/popup.html?tab") });
  close();
}
