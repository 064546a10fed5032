/**
 * Every sentence of the pages, from the catalogue of the reader's language (locales/*.json), written as patterns.js reads
 * them. What was said with `say`, `label` or `write` follows when the reader chooses another language.
 */

import { pick, pickForReader, remember, variantsOf } from "./languages.js";
import { expand } from "./patterns.js";

/** @typedef {import("./patterns.js").ValuesOf<Node>} Values */

/** A sentence, or how to say it anew in whatever language is read then. @typedef {string | (() => string)} Said */

/** @type {Record<string, string>} */
let catalogue = {};

/** What Intl formats for: the reader's own variant (en-GB, de-AT) of the catalogue's language. */
export let locale = "en";

/** @type {import("./languages.js").Language} */
let language = pick([]).language;

/** How each element is said, by the attribute that it is written to; `""` is its text. @type {WeakMap<Element, Map<string, Written>>} */
const written = new WeakMap();

/** @typedef {{render: () => (string | Node)[], shown: string}} Written */

/** @returns {string} the tag of the language that is read */
export const languageTag = () => language.tag;

/** @returns {Promise<void>} @throws {TypeError | SyntaxError} where the catalogue cannot be fetched */
export async function loadMessages() {
  await speak(pickForReader());
}

/**
 * Says everything anew in another language, and keeps the choice. What the reader typed or opened stays as it is.
 * @param {string} tag of LANGUAGES
 * @returns {Promise<void>} @throws {TypeError | SyntaxError} where the catalogue cannot be fetched; nothing has changed then
 */
export async function chooseLanguage(tag) {
  await speak(pick(variantsOf(tag)));
  remember(tag);
  localize(document);
  for (const element of document.querySelectorAll("*")) {
    for (const [attribute, { render, shown }] of written.get(element) ?? []) {
      // Only where it still says what was said: what has become silent, or was typed into, is nobody's to write.
      if (shownOn(element, attribute) === shown) draw(element, attribute, render);
    }
  }
}

/**
 * From here on `message` speaks it. Elements stay as they are.
 * @param {ReturnType<typeof pick>} picked
 * @returns {Promise<void>} @throws {TypeError | SyntaxError} where the catalogue cannot be fetched; nothing has changed then
 */
export async function speak(picked) {
  const answer = await fetch(picked.language.catalogue);
  if (!answer.ok) throw new TypeError("the catalogue is not there");
  catalogue = await answer.json();
  ({ language, locale } = picked);
  if (typeof document === "undefined") return; // an extension's worker, which speaks by notifications
  document.documentElement.lang = language.tag;
  document.documentElement.dir = language.direction;
}

/** @param {string} key @returns {boolean} */
export const hasMessage = (key) => Object.hasOwn(catalogue, key);

/**
 * @param {string} key @param {Values} [values]
 * @returns {string}
 */
export function message(key, values = {}) {
  return expanded(key, values)
    .map((part) => (typeof part === "string" ? part : part.textContent))
    .join("");
}

/**
 * Sets an element's text. Values may be elements, such as a name in `<bdi>`; where Intl makes one of them (a size, a
 * moment) they come from a function, so that it is made again in another language.
 * @param {Element} element @param {string} key @param {Values | (() => Values)} [values]
 */
export function say(element, key, values = {}) {
  remake(element, "", () => expanded(key, typeof values === "function" ? values() : values));
}

/**
 * Sets an element's accessible name.
 * @param {Element} element @param {string} key @param {Values | (() => Values)} [values]
 */
export function label(element, key, values = {}) {
  remake(element, "aria-label", () => [message(key, typeof values === "function" ? values() : values)]);
}

/**
 * Sets an element's text to a sentence that was made elsewhere, or to what Intl makes: `write(place, () => size(bytes))`.
 * @param {Element} element @param {Said} said
 */
export function write(element, said) {
  remake(element, "", () => [typeof said === "function" ? said() : said]);
}

/**
 * Fills in what HTML asks for: `data-message` is the text, `data-message-label` the accessible name,
 * `data-message-placeholder` what stands in an empty field.
 * @param {ParentNode} root
 */
export function localize(root) {
  for (const element of root.querySelectorAll("[data-message]")) {
    element.textContent = message(element.getAttribute("data-message") ?? "");
  }
  for (const element of root.querySelectorAll("[data-message-label]")) {
    element.setAttribute("aria-label", message(element.getAttribute("data-message-label") ?? ""));
  }
  for (const element of root.querySelectorAll("[data-message-placeholder]")) {
    element.setAttribute("placeholder", message(element.getAttribute("data-message-placeholder") ?? ""));
  }
}

/** @param {Element} element @param {string} attribute @param {() => (string | Node)[]} render */
function remake(element, attribute, render) {
  element.removeAttribute(attribute === "" ? "data-message" : "data-message-label"); // it says something else from now on
  draw(element, attribute, render);
}

/** @param {Element} element @param {string} attribute @param {() => (string | Node)[]} render */
function draw(element, attribute, render) {
  const parts = render();
  if (attribute === "") element.replaceChildren(...parts);
  else element.setAttribute(attribute, parts.join(""));
  const renders = written.get(element) ?? new Map();
  written.set(element, renders.set(attribute, { render, shown: shownOn(element, attribute) }));
}

/** @param {Element} element @param {string} attribute @returns {string} */
const shownOn = (element, attribute) => (attribute === "" ? element.textContent : element.getAttribute(attribute)) ?? "";

/** @param {string} key @param {Values} values @returns {(string | Node)[]} */
function expanded(key, values) {
  if (!hasMessage(key)) throw new RangeError(`no message ${key}`);
  return expand(catalogue[key], values, { category, number: formatNumber, text: isolate });
}

/** By the catalogue's own rules: pt-PT counts otherwise than the Portuguese that was written. @param {number} count @returns {string} */
const category = (count) => new Intl.PluralRules(language.tag).select(count);

/** Letters and signs that run from right to left, or turn the direction. */
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]/;

/** A name or an address in a sentence of the other direction keeps its order, and the sentence its own. @param {string} value @returns {string} */
const isolate = (value) => (language.direction === "rtl" || TURNING.test(value) ? `\u2068${value}\u2069` : value);

/** @param {number} value @returns {string} */
export function formatNumber(value) {
  return new Intl.NumberFormat(locale).format(value);
}
