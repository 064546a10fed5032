/**
 * A text that was opened: as it is, every space of it. Short ones stay masked until the reader asks.
 */

import { copiesForAMinute } from "./clearing.js";
import { label, say } from "./messages.js";
import { find, stamp } from "./page.js";
import { piecesOf } from "./pieces.js";

/** What is no longer than this may be a password, and somebody may be looking over the reader's shoulder. */
const SHORT = { characters: 300, lines: 6 };
/** From so many characters on a text is laid out in pieces, and in one direction as a whole. */
const LONG = 16_384;
const MASK = "•".repeat(12);

const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** What makes text show in another order than it is stored. */
const REORDERS = /[\u202A-\u202E\u2066-\u2069]/;
/** Columns line up only where all characters are as wide. */
const ALIGNED = /\t| {2}/;

/**
 * @param {string} text
 * @returns {{element: Element, had: Promise<void>}} `had`: the reader has seen it, or copied it
 */
export function showText(text) {
  /** @type {() => void} */
  let has = () => undefined;
  /** @type {Promise<void>} */
  const had = new Promise((resolve) => {
    has = resolve;
  });
  const element = stamp("opened-text");
  const shown = find(element, "pre", HTMLElement);
  shown.setAttribute("role", "region");
  label(shown, "opened.secret");
  const masked = isShort(text);
  const reveal = find(element, ".reveal", HTMLButtonElement);
  reveal.hidden = !masked;
  const exact = find(element, "[data-toggle=exact]", HTMLButtonElement);
  toggles(exact, shown, "exact", masked || ALIGNED.test(text));
  if (masked) mask(shown, { reveal, exact }, text, has);
  else {
    find(element, ".cut", HTMLElement).hidden = !fill(shown, text);
    whenSeen(shown, has);
  }
  find(element, ".reorders", HTMLElement).hidden = !REORDERS.test(text);
  const wrap = find(element, "[data-toggle=wrapped]", HTMLButtonElement);
  wrap.hidden = masked;
  toggles(wrap, shown, "wrapped", true);
  shown.addEventListener("copy", copyExactly);
  const copied = find(element, ".copied", HTMLElement);
  const buttons = { copy: find(element, ".copy", HTMLButtonElement), empty: find(copied, "button", HTMLButtonElement) };
  copiesForAMinute({ ...buttons, status: find(copied, "[role=status]", HTMLElement) }, () => text, has);
  return { element, had };
}

/**
 * Once some of it is in view, in a page that is: a browser draws nothing, and observes nothing, behind another tab.
 * @param {Element} element @param {() => void} seen
 */
function whenSeen(element, seen) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    seen();
  });
  observer.observe(element);
}

/**
 * Puts a text into an element, in pieces that are laid out only when they come into view where it is long.
 * @param {HTMLElement} shown @param {string} text
 * @returns {boolean} whether a line is so long that it shows as several
 */
export function fill(shown, text) {
  if (text.length <= LONG) {
    shown.dir = "auto";
    shown.textContent = text;
    return false;
  }
  // Each line finding its own direction takes a browser quadratic time in a line of megabytes.
  shown.dir = RIGHT_TO_LEFT.test(text.slice(0, LONG)) ? "rtl" : "ltr";
  let cut = false;
  const pieces = document.createDocumentFragment();
  for (const piece of piecesOf(text)) {
    const element = document.createElement("div");
    element.className = "piece";
    element.style.setProperty("--lines", String(Math.max(piece.lines, Math.ceil(piece.text.length / 80))));
    element.textContent = piece.text;
    pieces.append(element);
    cut ||= !piece.whole;
  }
  shown.replaceChildren(pieces);
  return cut;
}

/** @param {string} text @returns {boolean} */
function isShort(text) {
  return text.length <= SHORT.characters && text.split("\n").length <= SHORT.lines;
}

/**
 * The text is not in the document until it is asked for: neither for eyes nor for a screen reader.
 * @param {HTMLElement} shown @param {Record<"reveal" | "exact", HTMLButtonElement>} buttons @param {string} text
 * @param {() => void} seen
 */
function mask(shown, { reveal, exact }, text, seen) {
  let hidden = true;
  const hide = () => {
    const dots = document.createElement("span");
    dots.setAttribute("aria-hidden", "true");
    dots.textContent = MASK;
    const said = document.createElement("span");
    said.className = "unseen";
    say(said, "opened.hidden");
    shown.replaceChildren(dots, said);
  };
  reveal.addEventListener("click", () => {
    hidden = !hidden;
    if (hidden) hide();
    else fill(shown, text);
    say(reveal, hidden ? "opened.show" : "opened.hide");
    exact.hidden = hidden;
    if (hidden) return;
    shown.focus();
    seen();
  });
  exact.hidden = true;
  hide();
}

/** @param {HTMLButtonElement} button @param {HTMLElement} shown @param {string} name of a class @param {boolean} on */
function toggles(button, shown, name, on) {
  const set = (/** @type {boolean} */ to) => {
    button.setAttribute("aria-pressed", String(to));
    shown.classList.toggle(name, to);
  };
  set(on);
  button.addEventListener("click", () => set(button.getAttribute("aria-pressed") !== "true"));
}

/** What is selected is copied as it is stored; the pieces it shows in are not part of it. @param {ClipboardEvent} event */
function copyExactly(event) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !event.clipboardData) return;
  event.clipboardData.setData("text/plain", selection.getRangeAt(0).toString());
  event.preventDefault();
}
