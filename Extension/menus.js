/**
 * The context menu: which items the settings ask for, in the language that was chosen.
 */

import { message } from "./pages/messages.js";
import { loadSettings } from "./settings.js";
import { loadWords } from "./words.js";

/** @typedef {{id: string, shows: keyof import("./settings.js").Menu | null, contexts: string[]}} Item shows: the setting that it follows */

/** Each has a sentence `extension.menu.ID`. @type {Item[]} */
const ITEMS = [
  { id: "open", shows: null, contexts: ["link"] },
  { id: "selection", shows: "selection", contexts: ["selection"] },
  { id: "replace", shows: "replace", contexts: ["editable"] },
  { id: "link", shows: "link", contexts: ["link"] },
  { id: "file", shows: "file", contexts: ["link"] },
  { id: "image", shows: "file", contexts: ["image"] },
  { id: "screenshot", shows: "screenshot", contexts: ["page", "action"] },
];

/** Two that build it at once would find each other's items. */
const LOCK = "menus";

/** Makes the menu anew. @returns {Promise<void>} */
export async function buildMenus() {
  await navigator.locks.request(LOCK, async () => {
    const { menu, servers } = await loadSettings();
    await loadWords();
    await chrome.contextMenus.removeAll();
    for (const { id, shows, contexts } of ITEMS) {
      if (shows !== null && !menu[shows]) continue;
      const title = message(`extension.menu.${id}`);
      chrome.contextMenus.create({ id, title, contexts, ...(id === "open" && { targetUrlPatterns: servers.map(linksOf) }) });
    }
  });
}

/** @param {{base: string}} server @returns {string} matches its links; on any port, since not every browser knows ports here */
function linksOf({ base }) {
  const { protocol, hostname, pathname } = new URL(`${base}/s/*`);
  return `${protocol}//${hostname}${pathname}`;
}
