/**
 * What all pages share: coming up, one view at a time, the server they belong to.
 */

import { loadMessages, localize, say, write } from "./messages.js";
import { offerLanguages } from "./picker.js";

/** The smallest module that uses SIMD: one function that splats an i32 and counts bits. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3],
  ...[2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

const TRIES = 3;

/**
 * @template {Element} T
 * @param {string} id @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new TypeError(`the page has no ${id}`);
  return element;
}

/**
 * @template {Element} T
 * @param {ParentNode} root @param {string} selector @param {new () => T} type
 * @returns {T}
 */
export function find(root, selector, type) {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new TypeError(`the page has no ${selector}`);
  return element;
}

/**
 * A copy of what stands in a template.
 * @param {string} id @returns {Element}
 */
export function stamp(id) {
  const copy = byId(id, HTMLTemplateElement).content.firstElementChild?.cloneNode(true);
  if (!(copy instanceof Element)) throw new TypeError(`${id} is empty`);
  localize(copy);
  return copy;
}

/**
 * Shows one view and hides the others; the reader's focus goes to its heading.
 * @param {string} id
 */
export function show(id) {
  const shown = byId(id, HTMLElement);
  const moves = shown.hidden;
  for (const view of document.querySelectorAll("main > section")) {
    if (view instanceof HTMLElement) view.hidden = view !== shown;
  }
  if (moves) shown.querySelector("h1")?.focus({ preventScroll: true });
  if (moves) scrollTo({ top: 0 });
}

/** @param {string} key of the title's message */
export function entitle(key) {
  say(find(document.head, "title", HTMLTitleElement), key);
}

/**
 * Says what is wrong, or clears it with an empty text. The element has the role `alert`.
 * @param {HTMLElement} element @param {import("./messages.js").Said} said
 */
export function complain(element, said) {
  write(element, said);
  element.hidden = element.textContent === "";
}

/**
 * The server's base: what stands before `/s/` in its links.
 * @param {string} root where it lies, seen from this page: `.` or `..`
 * @returns {string} without a slash at the end
 */
export function baseOf(root) {
  const url = new URL(root, location.href);
  return (url.origin + url.pathname).replace(/\/$/, "");
}

/**
 * Brings the page up: messages first, then `run`. A page that encrypts has a template for browsers that cannot.
 * @param {() => void | Promise<void>} run
 * @param {() => void} [givesUp] called where the page cannot come up, ahead of the sentence that asks to load it again
 */
export async function start(run, givesUp = () => {}) {
  if (!(await fetchMessages())) {
    givesUp();
    byId("unready", HTMLElement).classList.remove("unready");
    return;
  }
  localize(document);
  offerLanguages(find(document, "footer", HTMLElement));
  byId("unready", HTMLElement).remove();
  const encrypts = document.getElementById("unsupported") !== null;
  if (encrypts && (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD))) {
    const main = find(document, "main", HTMLElement);
    main.replaceChildren(stamp("unsupported"));
    main.hidden = false;
    return;
  }
  find(document, "main", HTMLElement).hidden = false;
  await run();
}

/** @returns {Promise<boolean>} whether they are there now */
async function fetchMessages() {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      await loadMessages();
      return true;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * 1000));
    }
  }
  return false;
}
