/**
 * The service worker. Chrome ends it whenever it likes and starts it for the next event, so every listener is
 * registered here, at once, and nothing that matters lives in a variable: shares.js keeps what is under way.
 */

import { notifyNothingSelected } from "./notices.js";
import { selectedText } from "./selection.js";
import { begin, forget, pressed, resume } from "./shares.js";

const MENU_ITEM = "share-selection";

chrome.runtime.onInstalled.addListener(() => {
  // An update finds the item of the version before.
  chrome.contextMenus.removeAll(() => {
    chrome.contextMenus.create({
      id: MENU_ITEM,
      title: chrome.i18n.getMessage("menuShareSelection"),
      contexts: ["selection"],
    });
  });
});

chrome.contextMenus.onClicked.addListener((info, tab) => {
  if (info.menuItemId === MENU_ITEM) void shareSelection(info, tab);
});

chrome.action.onClicked.addListener(() => {
  void chrome.runtime.openOptionsPage();
});

chrome.notifications.onClicked.addListener((id) => {
  void pressed(id);
});

chrome.notifications.onClosed.addListener((id) => {
  void forget(id);
});

// The offscreen document connects again when this worker has died under a share: that is what wakes the next one.
chrome.runtime.onConnect.addListener(() => {
  void resume();
});

void resume();

/**
 * @param {chrome.contextMenus.OnClickData} info
 * @param {chrome.tabs.Tab | undefined} tab
 */
async function shareSelection(info, tab) {
  const text = await selectedText(info, tab);
  if (text === "") await notifyNothingSelected();
  else await begin(text);
}
