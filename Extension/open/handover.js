/**
 * Links on their way into the open page, and those that it has not finished: in `storage.session`, memory that ends with the
 * browser, so that neither the history nor a reload of the page has to hold a key.
 */

const PREFIX = "opening:";
/** What is more than these is forgotten, the oldest first. */
const MOST = 20;
/** In characters. Any page can lead a tab to ours with megabytes behind the `#`; no link is near this, scanners' wrapping and all. */
const LONGEST = 16_384;

/**
 * @param {string} link
 * @returns {Promise<string>} what the page is called with behind its `?`; nothing for what is too long to be handed over
 */
export async function handOver(link) {
  if (link.length > LONGEST) return "";
  const id = crypto.randomUUID();
  await chrome.storage.session.set({ [PREFIX + id]: { link, at: Date.now() } });
  const all = Object.entries(await chrome.storage.session.get(null)).filter(([name]) => name.startsWith(PREFIX));
  const oldest = all.sort(([, a], [, b]) => b.at - a.at).slice(MOST);
  await chrome.storage.session.remove(oldest.map(([name]) => name));
  return id;
}

/** @param {string} id @returns {Promise<string | null>} null: none, or not any more */
export async function handed(id) {
  const name = PREFIX + id;
  return (await chrome.storage.session.get(name))[name]?.link ?? null;
}

/** @param {string} id @returns {Promise<void>} */
export async function dropHanded(id) {
  await chrome.storage.session.remove(PREFIX + id);
}
