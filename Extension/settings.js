/**
 * What the options page sets, in `storage.local`: this browser only. What an administrator fixed (`storage.managed`,
 * managed.json) comes before it. Nothing that stands in either is believed to have the right form.
 *
 * @typedef {object} Server
 * @property {string} base of its links: scheme, host, port and prefix, no trailing slash
 * @property {string} token what it asks for to let somebody share; empty: none
 *
 * @typedef {object} Menu which items the context menu has
 * @property {boolean} selection
 * @property {boolean} replace
 * @property {boolean} link
 * @property {boolean} file
 * @property {boolean} screenshot
 *
 * @typedef {object} Settings
 * @property {Server[]} servers at least one
 * @property {string} base of the server that is shared to, one of them
 * @property {string} token its own
 * @property {number} ttl seconds until a link expires unopened
 * @property {number} views how often a link opens
 * @property {"none" | "words" | "characters"} passphrase what is drawn for each secret, unless one is typed
 * @property {Menu} menu
 * @property {boolean} opensHere links of these servers open in the extension's own page, always
 * @property {"system" | "light" | "dark"} theme
 * @property {string} language a tag of LANGUAGES; empty: as the browser's
 * @property {boolean} saved false as long as nobody has chosen a server
 * @property {string[]} managed names of what an administrator fixed; an item of the menu is `menu.file`, a server's token is
 *   `token https://keys.example`
 */

import { isPrivate, isServer } from "./keylink/client.js";
import { isBase } from "./keylink/link.js";

/** How many can be set. */
export const MOST_SERVERS = 20;
const LONGEST_TOKEN = 4_096;
/** Seconds: a century, as for what servers say of themselves. */
const LONGEST_TTL = 100 * 365 * 86_400;

/** Where `make run` serves. */
const DEFAULTS = {
  servers: [{ base: "http://127.0.0.1:8080", token: "" }],
  base: "",
  ttl: 86_400,
  views: 1,
  passphrase: /** @type {Settings["passphrase"]} */ ("none"),
  menu: { selection: true, replace: true, link: true, file: true, screenshot: true },
  opensHere: false,
  theme: /** @type {Settings["theme"]} */ ("system"),
  language: "",
};

/** @typedef {Partial<Omit<typeof DEFAULTS, "menu"> & {menu: Partial<Menu>}>} Chosen */

const KEY = "settings";

/** @returns {Promise<Settings>} */
export async function loadSettings() {
  const [own, fixed] = await Promise.all([loadOwn(), loadFixed()]);
  const { servers, base, menu, ...rest } = { ...DEFAULTS, ...own, ...fixed };
  // An administrator who names a server may leave it to people to bring their own tokens.
  const ownTokens = new Map(own.servers?.map((one) => [one.base, one.token]));
  const complete = servers.map((one) => ({ base: one.base, token: one.token || ownTokens.get(one.base) || "" }));
  const server = complete.find((one) => one.base === base) ?? complete[0];
  return {
    ...rest,
    servers: complete,
    base: server.base,
    token: server.token,
    menu: { ...DEFAULTS.menu, ...own.menu, ...fixed.menu },
    saved: own.servers !== undefined || fixed.servers !== undefined,
    managed: namesOf(fixed),
  };
}

/** @param {Chosen} fixed @returns {string[]} */
function namesOf({ menu = {}, ...fixed }) {
  const tokens = (fixed.servers ?? []).filter(({ token }) => token !== "").map(({ base }) => `token ${base}`);
  return [...Object.keys(fixed), ...Object.keys(menu).map((item) => `menu.${item}`), ...tokens];
}

/**
 * Sets what is named and leaves the rest, whoever else saves at the same time.
 * @param {Chosen} chosen
 * @returns {Promise<void>}
 */
export async function saveSettings(chosen) {
  await navigator.locks.request(KEY, async () => {
    const [own, fixed] = await Promise.all([loadOwn(), loadFixed()]);
    const menu = { ...own.menu, ...chosen.menu };
    const servers = chosen.servers?.map((server) => ownOf(server, own, fixed));
    const changed = { ...chosen, ...(servers && { servers }), ...(Object.keys(menu).length > 0 && { menu }) };
    await chrome.storage.local.set({ [KEY]: { ...own, ...changed } });
  });
}

/**
 * An administrator's token is theirs to take back: it stays where they put it.
 * @param {Server} server @param {Chosen} own @param {Chosen} fixed
 * @returns {Server} with the token that its user brought
 */
function ownOf({ base, token }, own, fixed) {
  if (!namesOf(fixed).includes(`token ${base}`)) return { base, token };
  return { base, token: own.servers?.find((one) => one.base === base)?.token ?? "" };
}

/** @param {(settings: Settings) => void} listener called whenever anybody has changed them */
export function onSettings(listener) {
  chrome.storage.onChanged.addListener(async (changes, area) => {
    if (area === "managed" || (area === "local" && KEY in changes)) listener(await loadSettings());
  });
}

/**
 * What people type for a server, as the base of its links: `https` where no scheme was given, no trailing slash.
 * Whether it is one at all, `isServer` says.
 * @param {string} typed
 * @returns {string}
 */
export function serverFromInput(typed) {
  const text = typed.trim();
  const address = /^[a-z][a-z0-9+.-]*:\/\//iu.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address)) return address;
  const { origin, pathname, search, hash, username, password } = new URL(address);
  if (search || hash || username || password || origin === "null") return address;
  return (origin + pathname).replace(/\/+$/u, "");
}

/** @returns {Promise<Chosen>} */
async function loadOwn() {
  return checked((await chrome.storage.local.get(KEY))[KEY]);
}

/** @returns {Promise<Chosen>} */
async function loadFixed() {
  // Firefox refuses where no administrator has set anything.
  return checked(await chrome.storage.managed.get(null).catch(() => ({})));
}

/** @param {any} value @returns {Chosen} what of it has the right form */
function checked(value) {
  const { servers, base, ttl, views, passphrase, menu, opensHere, theme, language } = value ?? {};
  const known = Array.isArray(servers) ? servers.flatMap(serverOf).slice(0, MOST_SERVERS) : [];
  /** @type {[keyof Chosen, boolean, unknown][]} */
  const found = [
    ["servers", known.length > 0, known],
    ["base", typeof base === "string" && isBase(base), base],
    ["ttl", isCount(ttl) && ttl <= LONGEST_TTL, ttl],
    ["views", isCount(views), views],
    ["passphrase", ["none", "words", "characters"].includes(passphrase), passphrase],
    ["opensHere", typeof opensHere === "boolean", opensHere],
    ["theme", ["system", "light", "dark"].includes(theme), theme],
    ["language", typeof language === "string" && /^[A-Za-z-]{0,35}$/.test(language), language],
  ];
  const items = Object.keys(DEFAULTS.menu).filter((item) => typeof menu?.[item] === "boolean");
  if (items.length > 0) found.push(["menu", true, Object.fromEntries(items.map((item) => [item, menu[item]]))]);
  return Object.fromEntries(found.filter(([, isRight]) => isRight).map(([name, , right]) => [name, right]));
}

/** @param {any} server @returns {Server[]} one, or none */
function serverOf(server) {
  const { base, token = "" } = server ?? {};
  if (typeof base !== "string" || !isServer(base) || !isPrivate(base)) return []; // nothing is sent there anyway
  return [{ base, token: typeof token === "string" && token.length <= LONGEST_TOKEN ? token : "" }];
}

/** @param {unknown} value @returns {value is number} */
const isCount = (value) => Number.isSafeInteger(value) && Number(value) >= 1;
