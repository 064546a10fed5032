/**
 * What is typed outlasts the window, which closes when anything else is clicked: it is kept in `storage.session`, memory
 * that never reaches the disk, until it is shared. With it goes what it takes to ask what became of a share that was under
 * way. Of several windows the first has the draft, so that none overwrites another's.
 */

const KEY = "draft";
/** A popup that has opened the tab is closing when the tab asks, in milliseconds. */
const CLOSES_WITHIN = 1_500;
/** `storage.session` holds 10 MB in all. A longer text is lost with its window. */
const LONGEST = 1_000_000;

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {string} passphrase
 * @property {boolean} drawn the passphrase was drawn
 * @property {number} ttl seconds
 * @property {number} views
 * @property {import("../keylink/client.js").Draft | null} sending sent, as far as is known without an answer
 */

/**
 * @param {boolean} inTab
 * @returns {Promise<boolean>} whether this window has it; it has it until it closes
 */
export function takeDraft(inTab) {
  return new Promise((resolve) => {
    const options = inTab ? { signal: AbortSignal.timeout(CLOSES_WITHIN) } : { ifAvailable: true };
    const held = navigator.locks.request(KEY, options, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => undefined);
    });
    held.catch(() => resolve(false)); // in time it was not to be had
  });
}

/** @returns {Promise<Draft | null>} */
export async function loadDraft() {
  return (await chrome.storage.session.get(KEY))[KEY] ?? null;
}

/** @param {Draft} draft @returns {Promise<void>} */
export async function saveDraft(draft) {
  if ((draft.text === "" || draft.text.length > LONGEST) && draft.sending === null) return await dropDraft();
  const text = draft.text.length > LONGEST ? "" : draft.text;
  await chrome.storage.session.set({ [KEY]: { ...draft, text } });
}

/** @returns {Promise<void>} */
export async function dropDraft() {
  await chrome.storage.session.remove(KEY);
}
