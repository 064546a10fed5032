/**
 * Links of the servers that are set, opened in the extension's own page: its scripts come from the store, not from a server.
 */

import { serverOf } from "./keylink/paste.js";
import { handOver } from "./open/handover.js";
import { loadSettings } from "./settings.js";
import { Trouble } from "./trouble.js";

const PAGE = "open/open.html";

/** Two that set the rules at once would mix them. */
const LOCK = "opens-here";

/**
 * The link goes to the page in no address, and so into no history.
 * @param {string} link @param {chrome.tabs.Tab | undefined} tab where it was clicked
 * @returns {Promise<void>}
 * @throws {Trouble} `cannotOpen`
 */
export async function openHere(link, tab) {
  const { servers } = await loadSettings();
  if (!servers.some(({ base }) => base === serverOf(link))) throw new Trouble("cannotOpen");
  const beside = tab?.id === undefined ? {} : { openerTabId: tab.id, index: tab.index + 1, windowId: tab.windowId };
  await chrome.tabs.create({ url: `${chrome.runtime.getURL(PAGE)}?${await handOver(link)}`, ...beside });
}

/**
 * Sets whether the servers' links always open here. Nothing of the request then leaves the browser: a rule of its own turns
 * it, before it is made, to the page, with the whole link behind a # again. (A script in the server's page would come too
 * late: a server may answer with a redirect, and browsers carry what is behind the # along.)
 * @returns {Promise<void>}
 */
export async function setOpensHere() {
  await navigator.locks.request(LOCK, async () => {
    const { opensHere, servers } = await loadSettings();
    const present = await chrome.declarativeNetRequest.getDynamicRules();
    await chrome.declarativeNetRequest.updateDynamicRules({
      removeRuleIds: present.map(({ id }) => id),
      addRules: opensHere ? servers.map(({ base }, at) => ruleFor(base, at + 1)) : [],
    });
  });
}

/** Has effect only where the browser was told that Keylink may use that site. @param {string} base @param {number} id */
function ruleFor(base, id) {
  const regexSubstitution = `${chrome.runtime.getURL(PAGE)}#\\1`;
  return {
    id,
    action: { type: /** @type {const} */ ("redirect"), redirect: { regexSubstitution } },
    condition: {
      regexFilter: `^(${base.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}/s/.*)`,
      resourceTypes: [/** @type {const} */ ("main_frame")],
    },
  };
}
