/**
 * What the options page sets: `storage.local`, this browser only.
 *
 * @typedef {object} Settings
 * @property {string} server base of the server's links: scheme, host, port and prefix, no trailing slash
 * @property {number} ttl seconds until a link expires unopened
 * @property {boolean} saved false as long as nobody has chosen
 */

/** Where `make run` serves. @type {Settings} */
const DEFAULTS = { server: "http://127.0.0.1:8080", ttl: 86_400, saved: false };

/** @returns {Promise<Settings>} */
export async function loadSettings() {
  const { settings } = await chrome.storage.local.get("settings");
  return { ...DEFAULTS, ...settings };
}

/** @param {string} server @param {number} ttl @returns {Promise<void>} */
export async function saveSettings(server, ttl) {
  await chrome.storage.local.set({ settings: { server, ttl, saved: true } });
}

/**
 * What people type for a server, as the base of its links: `https` where no scheme was given, no trailing slash.
 * Whether it is a base at all, the library's Client says.
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
