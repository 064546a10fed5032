/**
 * The page under a link, without a server's scripts: the same page, from the extension's own. Only the link's server is
 * asked for anything, and only servers that were set in the options are.
 */

import { AreaClaims } from "../keylink/claims.js";
import { Client } from "../keylink/client.js";
import { KeylinkError } from "../keylink/errors.js";
import { serverOf } from "../keylink/paste.js";
import { askLeave, isAllowed } from "../leave.js";
import { startPage } from "../page.js";
import { end } from "../pages/ended.js";
import { keyWasHidden, pageRuns, rest, takeAddress } from "../pages/fragment.js";
import { message, say } from "../pages/messages.js";
import { byId, complain, entitle, show } from "../pages/page.js";
import { begin } from "../pages/reading.js";
import { dropHanded, handed, handOver } from "./handover.js";

pageRuns();

await startPage(async ({ base, servers }) => {
  const bases = servers.map((server) => server.base);
  const link = await calledLink();
  const own = link === null ? null : serverOf(link);
  entitle("open.document");
  await begin({
    base,
    claims: new AreaClaims(chrome.storage.session),
    saver: null,
    address: () => link ?? location.href,
    rest: () => undefined, // there is no key in it
    reach,
    baseOf: (address) => bases.find((one) => one === serverOf(address)) ?? base,
    onSettled: () => void dropHanded(location.search.slice(1)),
  });
  if (link === null && !keyWasHidden()) return end({ ...titled("ask"), paste: true, calm: true });
  if (own !== null && !bases.includes(own)) end({ ...titled("otherServer", { host: new URL(own).host }), paste: true });
});

/**
 * The link behind the page's own `#`, which goes into memory and out of the address at once; or the one that was handed over.
 * @returns {Promise<string | null>}
 */
async function calledLink() {
  const address = takeAddress();
  const at = address.indexOf("#");
  if (at < 0) return await handed(location.search.slice(1));
  const link = address.slice(at + 1);
  rest(`?${await handOver(link)}`);
  return link;
}

/**
 * Nothing is opened before its server is known to answer here: some want the browser's leave for that.
 * @param {string} base
 * @returns {Promise<void>} once it answers, or is simply out of reach
 */
async function reach(base) {
  const host = new URL(base).host;
  say(byId("allow", HTMLButtonElement), "extension.allow", { host });
  say(byId("access-text", HTMLElement), "extension.open.unanswered.text", { host });
  const problem = byId("access-problem", HTMLElement);
  while (!(await answers(base)) && !(await isAllowed(base))) {
    show("access");
    const refused = await pressed(base);
    complain(problem, refused ? () => message("extension.refused", { host }) : "");
    if (!refused) show("looking");
  }
}

/** @param {string} base @returns {Promise<boolean>} */
async function answers(base) {
  try {
    await new Client(base).limits();
    return true;
  } catch (error) {
    if (!(error instanceof KeylinkError)) throw error;
    return error.code !== "network";
  }
}

/** @param {string} base @returns {Promise<boolean>} whether the leave was asked for and refused */
function pressed(base) {
  return new Promise((resolve, reject) => {
    byId("ask-again", HTMLButtonElement).onclick = () => resolve(false);
    byId("allow", HTMLButtonElement).onclick = () => askLeave([base]).then((given) => resolve(!given), reject);
  });
}

/** @param {string} name @param {import("../pages/messages.js").Values} [values] */
function titled(name, values = {}) {
  const key = `extension.open.${name}`;
  return { title: () => message(`${key}.title`, values), text: () => message(`${key}.text`, values) };
}
