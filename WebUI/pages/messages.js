/**
 * Every sentence of the pages, from the catalogue of the reader's language (locales/*.json).
 *
 * Messages are written in a small part of ICU's syntax: `{name}` stands for a value, and
 * `{count, plural, =0 {none} one {# file} other {# files}}` chooses by the language's own rules, `#` being the number.
 */

/** Languages that have a catalogue, the first for everybody else. */
const LANGUAGES = ["en"];

/** @typedef {Record<string, string | number | Node>} Values */

/** @type {Record<string, string>} */
let catalogue = {};

/** What Intl formats for: the reader's own variant (en-GB, de-AT) of the catalogue's language. */
export let locale = LANGUAGES[0];

/** @throws {TypeError} where the catalogue cannot be fetched */
export async function loadMessages() {
  const wanted = navigator.languages.find((tag) => LANGUAGES.includes(languageOf(tag)));
  const language = wanted ? languageOf(wanted) : LANGUAGES[0];
  locale = wanted ?? language;
  const answer = await fetch(new URL(`../locales/${language}.json`, import.meta.url));
  if (!answer.ok) throw new TypeError("the catalogue is not there");
  catalogue = await answer.json();
  document.documentElement.lang = language;
}

/** @param {string} tag @returns {string} */
const languageOf = (tag) => tag.split("-")[0].toLowerCase();

/** @param {string} key @returns {boolean} */
export const hasMessage = (key) => Object.hasOwn(catalogue, key);

/**
 * @param {string} key @param {Values} [values]
 * @returns {string}
 */
export function message(key, values = {}) {
  return expand(patternOf(key), values, null)
    .map((part) => (typeof part === "string" ? part : part.textContent))
    .join("");
}

/**
 * Sets an element's text; values may be elements, such as a name in `<bdi>`.
 * @param {Element} element @param {string} key @param {Values} [values]
 */
export function say(element, key, values = {}) {
  element.replaceChildren(...expand(patternOf(key), values, null));
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

/** @param {string} key @returns {string} */
function patternOf(key) {
  if (!hasMessage(key)) throw new RangeError(`no message ${key}`);
  return catalogue[key];
}

/**
 * @param {string} pattern @param {Values} values @param {number | null} counted what `#` stands for
 * @returns {(string | Node)[]}
 */
function expand(pattern, values, counted) {
  /** @type {(string | Node)[]} */
  const parts = [];
  for (let at = 0; at < pattern.length; ) {
    const open = pattern.indexOf("{", at);
    const text = pattern.slice(at, open < 0 ? undefined : open);
    parts.push(counted === null ? text : text.replaceAll("#", formatNumber(counted)));
    if (open < 0) break;
    const close = closing(pattern, open);
    parts.push(...argument(pattern.slice(open + 1, close), values));
    at = close + 1;
  }
  return parts;
}

/** @param {string} inside what stands between the braces @param {Values} values @returns {(string | Node)[]} */
function argument(inside, values) {
  const [name, kind] = inside.split(",", 2).map((part) => part.trim());
  const value = values[name];
  if (value === undefined) throw new RangeError(`no value for ${name}`);
  if (kind === "plural") return plural(inside.slice(inside.indexOf(",", inside.indexOf(",") + 1) + 1), Number(value), values);
  return [typeof value === "number" ? formatNumber(value) : value];
}

/** @param {string} cases @param {number} count @param {Values} values @returns {(string | Node)[]} */
function plural(cases, count, values) {
  /** @type {Map<string, string>} */
  const forms = new Map();
  for (let at = 0, open = cases.indexOf("{"); open >= 0; open = cases.indexOf("{", at)) {
    const close = closing(cases, open);
    forms.set(cases.slice(at, open).trim(), cases.slice(open + 1, close));
    at = close + 1;
  }
  const form = forms.get(`=${count}`) ?? forms.get(new Intl.PluralRules(locale).select(count)) ?? forms.get("other");
  return expand(form ?? "", values, count);
}

/** @param {string} text @param {number} open @returns {number} where the brace at `open` is closed */
function closing(text, open) {
  for (let depth = 0, at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  throw new RangeError("a brace stays open");
}

/** @param {number} value @returns {string} */
export function formatNumber(value) {
  return new Intl.NumberFormat(locale).format(value);
}
