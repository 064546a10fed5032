/**
 * Puts a link in place of a selection in a field, as if it had been typed: the page's own scripts notice, and the user can
 * undo it.
 */

/**
 * @typedef {object} Place
 * @property {number} tabId
 * @property {number} frameId
 * @property {string} text that was selected, and has to be still
 */

/**
 * @param {Place} place @param {string} link
 * @returns {Promise<boolean>} false where the field has changed, is gone, or does not take it
 */
export async function replaceSelection({ tabId, frameId, text }, link) {
  const target = { tabId, frameIds: [frameId] };
  const answers = await chrome.scripting.executeScript({ target, func: putLink, args: [text, link] }).catch(() => []);
  return answers[0]?.result === true;
}

/**
 * Runs in the frame, alone: it may use nothing from this file.
 * @param {string} text @param {string} link
 * @returns {Promise<boolean>}
 */
async function putLink(text, link) {
  /** @param {Element} element @returns {ShadowRoot | null} */
  function rootIn(element) {
    if (!(element instanceof HTMLElement)) return null;
    if (chrome.dom) return chrome.dom.openOrClosedShadowRoot(element);
    return /** @type {any} */ (element).openOrClosedShadowRoot ?? element.shadowRoot;
  }

  const told = { data: link, inputType: "insertText", bubbles: true, composed: true };

  /**
   * Typed by the browser itself, which tells the page and remembers how to undo it. That it is going to be typed only we can
   * tell: editors with a model of their own take it from there and put it in themselves, and who refuses is not forced.
   * @param {HTMLElement} element @returns {boolean | null} null: it is the page's business now
   */
  function type(element) {
    const isTaken = !element.dispatchEvent(new InputEvent("beforeinput", { ...told, cancelable: true }));
    return isTaken ? null : document.execCommand("insertText", false, link);
  }

  /** Editors draw their model anew a little later. */
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

  /** @param {HTMLInputElement | HTMLTextAreaElement} field */
  async function putIntoField(field) {
    const { selectionStart: start, selectionEnd: end, value, maxLength } = field;
    if (value.includes(link)) return true; // by a worker that ended before it could say so
    if (field.readOnly || field.disabled || start === null || end === null || value.slice(start, end) !== text) return false;
    // What is cut off is no link.
    if (maxLength >= 0 && value.length - (end - start) + link.length > maxLength) return false;
    if (type(field) === false) {
      field.setRangeText(link, start, end, "end");
      field.dispatchEvent(new InputEvent("input", told));
    }
    await pause();
    return field.value.includes(link);
  }

  /** @param {HTMLElement} editor @param {Document | ShadowRoot} root */
  async function putIntoEditor(editor, root) {
    if (editor.textContent.includes(link)) return true;
    const selection = /** @type {{getSelection?: () => Selection | null}} */ (root).getSelection?.() ?? getSelection();
    if (selection?.toString() !== text || type(editor) === false) return false;
    await pause();
    return editor.textContent.includes(link);
  }

  let focused = document.activeElement;
  /** @type {Document | ShadowRoot} */
  let root = document;
  for (let inner = focused && rootIn(focused); inner?.activeElement; inner = focused && rootIn(focused)) {
    root = inner;
    focused = inner.activeElement;
  }
  if (focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement) return await putIntoField(focused);
  return focused instanceof HTMLElement && focused.isContentEditable ? await putIntoEditor(focused, root) : false;
}
