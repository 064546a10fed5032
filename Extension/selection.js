/**
 * The exact text of a selection.
 *
 * A click's own `selectionText` has every line break turned into a space, which spoils keys and configuration files.
 * So the frame is asked, in a world of its own that the page cannot redefine, under the permission that the click
 * has just given (`activeTab`). Nothing is left behind in the page.
 */

/** Between the two askings, in milliseconds. */
const PAUSE = 100;

/** What stands on the screen for each character of a password. */
const BULLETS = /^[•●*]*$/u;

/**
 * @typedef {object} Found by one frame
 * @property {boolean} isFocused whether the keys that are pressed reach it, and no frame in it
 * @property {{text: string, isHidden: boolean}[]} texts that may be what is selected, the likeliest first; hidden: in a
 *   password field
 */

/**
 * @typedef {object} Selected
 * @property {string} text empty where nothing is selected
 * @property {boolean} isExact false where only the click itself told of it, and white space in it may have been another
 * @property {number} frameId
 */

/**
 * @param {chrome.contextMenus.OnClickData} info
 * @param {chrome.tabs.Tab | undefined} tab
 * @returns {Promise<Selected>}
 */
export async function selectedText(info, tab) {
  const clicked = info.selectionText ?? "";
  const frameId = info.frameId ?? 0;
  const [found] = await ask(tab?.id, { frameIds: [frameId] });
  // A page may change its selection between click and question. What the click said was seen by the user; the frame
  // only adds the white space to it, and what bullets stand for.
  const isIt = (/** @type {{text: string, isHidden: boolean}} */ { text, isHidden }) =>
    withoutSpace(text) === withoutSpace(clicked) || (isHidden && BULLETS.test(clicked) && text !== "");
  const exact = found?.texts.find(isIt);
  return { text: exact?.text ?? clicked, isExact: exact !== undefined || !/\s/u.test(clicked), frameId };
}

/**
 * What is selected where the keys that were pressed went.
 * @param {chrome.tabs.Tab | undefined} tab
 * @returns {Promise<Selected>}
 */
export async function focusedSelection(tab) {
  const frames = await ask(tab?.id, { allFrames: true });
  const focused = frames.find(({ isFocused }) => isFocused);
  return { text: focused?.texts[0]?.text ?? "", isExact: true, frameId: focused?.frameId ?? 0 };
}

/**
 * @param {number | undefined} tabId
 * @param {{frameIds: number[]} | {allFrames: true}} frames
 * @returns {Promise<(Found & {frameId: number})[]>} nothing of those where the browser lets no script in: its own pages, its
 *   store, the PDF viewer, and frames of other sites than the tab's
 */
async function ask(tabId, frames) {
  if (tabId === undefined || tabId < 0) return [];
  const once = async () => {
    const answers = await chrome.scripting.executeScript({ target: { tabId, ...frames }, func: readSelection });
    return answers.flatMap(({ result, frameId }) => (result ? [{ ...result, frameId }] : []));
  };
  // On a busy machine Chrome was seen to refuse a script at the very click that allows it: so it is asked twice.
  return await once().catch(async () => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return await once().catch(() => []);
  });
}

/** Runs in the frame, alone: it may use nothing from this file. @returns {Found} */
function readSelection() {
  /** @param {Element} element @returns {ShadowRoot | null} also one that is closed to the page's own scripts */
  function rootIn(element) {
    if (!(element instanceof HTMLElement)) return null;
    if (chrome.dom) return chrome.dom.openOrClosedShadowRoot(element);
    return /** @type {any} */ (element).openOrClosedShadowRoot ?? element.shadowRoot;
  }

  /** @param {Document | ShadowRoot} root @returns {string[]} innermost first */
  function textsIn(root) {
    const inner = Array.from(root.querySelectorAll("*"), rootIn).flatMap((shadow) => (shadow ? textsIn(shadow) : []));
    // Chrome's shadow roots have a selection of their own, which the document's does not show.
    const own = /** @type {{getSelection?: () => Selection | null}} */ (root).getSelection?.()?.toString() ?? "";
    return [...inner, own];
  }

  /** @returns {{text: string, isHidden: boolean}[]} */
  function inField() {
    if (!(focused instanceof HTMLTextAreaElement || focused instanceof HTMLInputElement)) return [];
    const { selectionStart: start, selectionEnd: end, value, type } = focused;
    return start === null || end === null ? [] : [{ text: value.slice(start, end), isHidden: type === "password" }];
  }

  let focused = document.activeElement;
  for (let root = focused && rootIn(focused); root?.activeElement; root = focused && rootIn(focused))
    focused = root.activeElement;
  const texts = [...inField(), ...textsIn(document).map((text) => ({ text, isHidden: false }))];
  return {
    isFocused: document.hasFocus() && !(focused instanceof HTMLIFrameElement || focused instanceof HTMLFrameElement),
    texts: texts.filter(({ text }) => text !== ""),
  };
}

/** @param {string} text */
function withoutSpace(text) {
  return text.replace(/\s+/gu, "");
}
