/**
 * The service worker; in browsers without those, the script of a page in the background. It is ended whenever the browser
 * likes and started for the next event, so every listener is registered here, at once, and nothing that matters lives in a
 * variable: shares.js keeps what is under way.
 */

import { buildMenus } from "./menus.js";
import { openHere, setOpensHere } from "./opener.js";
import { sendFromPage } from "./pagefile.js";
import { message } from "./pages/messages.js";
import { stamped } from "./pages/names.js";
import { takePicture } from "./screenshot.js";
import { focusedSelection, selectedText } from "./selection.js";
import { onSettings } from "./settings.js";
import { begin, cancel, fail, forget, heard, pressed, resume } from "./shares.js";
import { Trouble } from "./trouble.js";
import { loadWords } from "./words.js";
import { receive } from "./work.js";
import { isHere } from "./workplace.js";

/** @typedef {chrome.contextMenus.OnClickData} Click */
/** @typedef {chrome.tabs.Tab | undefined} Tab */

/** What each item of the menu does. @type {Record<string, (click: Click, tab: Tab) => Promise<void>>} */
const ACTIONS = {
  open: ({ linkUrl = "" }, tab) => openHere(linkUrl, tab),
  selection: async (click, tab) => shareText(await selectedText(click, tab)),
  replace: replaceText,
  link: ({ linkUrl = "" }) => begin({ kind: "text", text: linkUrl }),
  file: (click, tab) => shareFile(click.linkUrl ?? "", "file", click, tab),
  image: (click, tab) => shareFile(click.srcUrl ?? "", "image", click, tab),
  screenshot: async (_, tab) => tab && (await begin(await takePicture(tab))),
};

chrome.runtime.onInstalled.addListener(() => void setUp());
chrome.runtime.onStartup.addListener(() => void setUp());
onSettings(() => void setUp());

chrome.contextMenus.onClicked.addListener((click, tab) => {
  void ACTIONS[click.menuItemId]?.(click, tab).catch(fail);
});

chrome.commands.onCommand.addListener((command, tab) => {
  if (command === "share-selection") void shareFocused(tab).catch(fail);
});

chrome.notifications.onClicked.addListener((id) => void pressed(id));
chrome.notifications.onButtonClicked?.addListener((id) => void cancel(id));
// One that has gone by itself can still be found by many systems, and pressed.
chrome.notifications.onClosed.addListener((id, byUser) => void (byUser && forget(id)));

// From the offscreen document, also to wake a worker that was ended; and from the popup.
chrome.runtime.onMessage.addListener((asked, sender, respond) => {
  if (sender.id !== chrome.runtime.id || sender.tab || asked?.for !== "background") return undefined;
  const work = asked.told ? heard(asked.told) : asked.cancel ? cancel(asked.cancel) : resume();
  void work.then(() => respond({ heard: true }));
  return true; // the answer comes later
});

// Elsewhere the offscreen document takes what pages send.
if (isHere) chrome.runtime.onConnect.addListener(receive);

// What runs in a page's process, were that taken over, has no business with create tokens and receipts.
for (const area of [chrome.storage.local, chrome.storage.managed]) {
  void area.setAccessLevel?.({ accessLevel: "TRUSTED_CONTEXTS" });
}
void resume();

async function setUp() {
  await Promise.all([buildMenus(), setOpensHere()]);
}

/** @param {import("./selection.js").Selected} selected */
async function shareText({ text, isExact }) {
  if (text === "") throw new Trouble("nothing");
  await begin({ kind: "text", text }, { isExact });
}

/** @param {Click} click @param {Tab} tab */
async function replaceText(click, tab) {
  const { text, isExact, frameId } = await selectedText(click, tab);
  if (text === "") throw new Trouble("nothing");
  const place = tab?.id !== undefined ? { tabId: tab.id, frameId, text } : null;
  await begin({ kind: "text", text }, { isExact, place });
}

/** @param {Tab} tab */
async function shareFocused(tab) {
  const { text } = await focusedSelection(tab);
  if (text === "") throw new Trouble("nothingHere");
  await begin({ kind: "text", text });
}

/**
 * @param {string} address @param {"file" | "image"} kind @param {Click} click @param {Tab} tab
 */
async function shareFile(address, kind, { frameId = 0 }, tab) {
  if (tab?.id === undefined || !/^(?:https?|data|blob|file):/i.test(address)) throw new Trouble("noFile");
  const frame = { tabId: tab.id, frameId };
  await loadWords();
  const otherwise = message(`extension.name.${kind}`, { time: stamped(new Date()) });
  await begin({ kind: "file", address, otherwise }, { read: (id) => sendFromPage(id, address, frame) });
}
