/**
 * The exact text of the selection that was clicked.
 *
 * The click's own `selectionText` has every line break turned into a space, which spoils keys and configuration files.
 * So the frame is asked, in a world of its own that the page cannot redefine, under the permission that the click
 * has just given (`activeTab`). Nothing is left behind in the page.
 */

/** Between the two askings. */
const PAUSE_MS = 100;

/**
 * @param {chrome.contextMenus.OnClickData} info
 * @param {chrome.tabs.Tab | undefined} tab
 * @returns {Promise<string>} empty where nothing is selected
 */
export async function selectedText(info, tab) {
  const clicked = info.selectionText ?? "";
  const exact = await readFromFrame(tab?.id, info.frameId ?? 0);
  // A page may change its selection between click and question. What the click said was seen by the user; the frame
  // only adds the white space to it.
  return exact !== null && withoutSpace(exact) === withoutSpace(clicked) ? exact : clicked;
}

/**
 * @param {number | undefined} tabId
 * @param {number} frameId
 * @returns {Promise<string | null>} null where Chrome lets no script in: its own pages, its store, the PDF viewer
 */
async function readFromFrame(tabId, frameId) {
  if (tabId === undefined || tabId < 0) return null;
  const ask = async () => {
    const [answer] = await chrome.scripting.executeScript({ target: { tabId, frameIds: [frameId] }, func: readSelection });
    return typeof answer?.result === "string" ? answer.result : null;
  };
  // On a busy machine Chrome was seen to refuse a script at the very click that allows it: so it is asked twice.
  return await ask().catch(async () => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return await ask().catch(() => null);
  });
}

/** Runs in the frame, alone: it may use nothing from this file. @returns {string} */
function readSelection() {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement) {
    const { selectionStart, selectionEnd, value } = element;
    if (selectionStart !== null && selectionEnd !== null && selectionStart < selectionEnd) {
      return value.slice(selectionStart, selectionEnd);
    }
  }
  return getSelection()?.toString() ?? "";
}

/** @param {string} text */
function withoutSpace(text) {
  return text.replace(/\s+/gu, "");
}
