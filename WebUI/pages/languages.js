/**
 * The languages that the pages speak, each by its own name, and which of them a reader gets.
 *
 * Nothing else knows where a catalogue lies.
 */

/**
 * @typedef {object} Language
 * @property {string} tag BCP 47; the catalogue is written for it, and its plural forms are
 * @property {string} name in the language itself
 * @property {"ltr" | "rtl"} direction
 * @property {URL} catalogue
 */

/** In the order of their own names, letters by letters. @type {Language[]} */
export const LANGUAGES = [
  { tag: "id", name: "Bahasa Indonesia", direction: "ltr", catalogue: new URL("../locales/id.json", import.meta.url) },
  { tag: "cs", name: "Čeština", direction: "ltr", catalogue: new URL("../locales/cs.json", import.meta.url) },
  { tag: "da", name: "Dansk", direction: "ltr", catalogue: new URL("../locales/da.json", import.meta.url) },
  { tag: "de", name: "Deutsch", direction: "ltr", catalogue: new URL("../locales/de.json", import.meta.url) },
  { tag: "en", name: "English", direction: "ltr", catalogue: new URL("../locales/en.json", import.meta.url) },
  { tag: "es", name: "Español", direction: "ltr", catalogue: new URL("../locales/es.json", import.meta.url) },
  { tag: "fr", name: "Français", direction: "ltr", catalogue: new URL("../locales/fr.json", import.meta.url) },
  { tag: "it", name: "Italiano", direction: "ltr", catalogue: new URL("../locales/it.json", import.meta.url) },
  { tag: "hu", name: "Magyar", direction: "ltr", catalogue: new URL("../locales/hu.json", import.meta.url) },
  { tag: "nl", name: "Nederlands", direction: "ltr", catalogue: new URL("../locales/nl.json", import.meta.url) },
  { tag: "nb", name: "Norsk bokmål", direction: "ltr", catalogue: new URL("../locales/nb.json", import.meta.url) },
  { tag: "pl", name: "Polski", direction: "ltr", catalogue: new URL("../locales/pl.json", import.meta.url) },
  { tag: "pt-BR", name: "Português (Brasil)", direction: "ltr", catalogue: new URL("../locales/pt-BR.json", import.meta.url) },
  { tag: "ro", name: "Română", direction: "ltr", catalogue: new URL("../locales/ro.json", import.meta.url) },
  { tag: "fi", name: "Suomi", direction: "ltr", catalogue: new URL("../locales/fi.json", import.meta.url) },
  { tag: "sv", name: "Svenska", direction: "ltr", catalogue: new URL("../locales/sv.json", import.meta.url) },
  { tag: "vi", name: "Tiếng Việt", direction: "ltr", catalogue: new URL("../locales/vi.json", import.meta.url) },
  { tag: "tr", name: "Türkçe", direction: "ltr", catalogue: new URL("../locales/tr.json", import.meta.url) },
  { tag: "el", name: "Ελληνικά", direction: "ltr", catalogue: new URL("../locales/el.json", import.meta.url) },
  { tag: "bg", name: "Български", direction: "ltr", catalogue: new URL("../locales/bg.json", import.meta.url) },
  { tag: "ru", name: "Русский", direction: "ltr", catalogue: new URL("../locales/ru.json", import.meta.url) },
  { tag: "uk", name: "Українська", direction: "ltr", catalogue: new URL("../locales/uk.json", import.meta.url) },
  { tag: "he", name: "עברית", direction: "rtl", catalogue: new URL("../locales/he.json", import.meta.url) },
  { tag: "ar", name: "العربية", direction: "rtl", catalogue: new URL("../locales/ar.json", import.meta.url) },
  { tag: "fa", name: "فارسی", direction: "rtl", catalogue: new URL("../locales/fa.json", import.meta.url) },
  { tag: "hi", name: "हिन्दी", direction: "ltr", catalogue: new URL("../locales/hi.json", import.meta.url) },
  { tag: "bn", name: "বাংলা", direction: "ltr", catalogue: new URL("../locales/bn.json", import.meta.url) },
  { tag: "th", name: "ไทย", direction: "ltr", catalogue: new URL("../locales/th.json", import.meta.url) },
  { tag: "ko", name: "한국어", direction: "ltr", catalogue: new URL("../locales/ko.json", import.meta.url) },
  { tag: "ja", name: "日本語", direction: "ltr", catalogue: new URL("../locales/ja.json", import.meta.url) },
  { tag: "zh-Hans", name: "简体中文", direction: "ltr", catalogue: new URL("../locales/zh-Hans.json", import.meta.url) },
  { tag: "zh-Hant", name: "繁體中文", direction: "ltr", catalogue: new URL("../locales/zh-Hant.json", import.meta.url) },
];

/** Written for by another name: the written standards of Norwegian, and Cantonese, which is written as Chinese. @type {Record<string, string>} */
const ALSO = { no: "nb", nn: "nb", yue: "zh" };

/** Where readers choose another language than their browser's, it is kept under this name. */
const CHOICE = "keylink-language";

/** Where it is chosen elsewhere than on the page: in an extension's options. @type {(() => string) | null} */
let elsewhere = null;

/**
 * @param {readonly string[]} wanted BCP 47, the dearest first @param {readonly Language[]} offered
 * @returns {{language: Language, locale: string}} the first wanted one that is offered, or English; and what Intl formats
 *   for, which is the reader's own variant (en-GB, de-AT) of it
 */
export function pick(wanted, offered = LANGUAGES) {
  for (const tag of wanted) {
    const form = formOf(tag);
    const language = offered.find((language) => form !== null && formOf(language.tag) === form);
    if (language) return { language, locale: tag };
  }
  const english = offered.find(({ tag }) => tag === "en") ?? offered[0];
  return { language: english, locale: english.tag };
}

/**
 * Language and script, regions aside: a reader in Lisbon reads what was written in São Paulo, one in Hong Kong what was
 * written in Taipei, but none reads a script that is not theirs.
 * @param {string} tag @returns {string | null} such as `zh-Hant`; nothing of a tag that is none
 */
function formOf(tag) {
  try {
    const { language, script } = new Intl.Locale(tag).maximize();
    return `${ALSO[language] ?? language}-${script}`;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The reader chooses in another place than the page. @param {() => string} read the tag chosen there; empty: none */
export function chosenElsewhere(read) {
  elsewhere = read;
}

/** @returns {boolean} whether the page offers the languages */
export const isChosenHere = () => elsewhere === null;

/** What the reader gets: their choice where they made one, otherwise the browser's. */
export function pickForReader() {
  const chosen = elsewhere ? elsewhere() || null : remembered();
  return pick(chosen === null ? navigator.languages : variantsOf(chosen));
}

/** @param {string} tag chosen @returns {string[]} the reader's own variant of it first */
export const variantsOf = (tag) => [...navigator.languages.filter((own) => formOf(own) === formOf(tag)), tag];

/** Choosing what the browser asks for anyway is no choice, and nothing is kept. @param {string} tag */
export function remember(tag) {
  if (elsewhere) return;
  withStorage((storage) => {
    if (pick(navigator.languages).language.tag === tag) storage.removeItem(CHOICE);
    else storage.setItem(CHOICE, tag);
  });
}

/** @returns {string | null} */
function remembered() {
  return withStorage((storage) => storage.getItem(CHOICE));
}

/**
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T | null} nothing where the browser's settings refuse storage: then the choice lasts as long as the page
 */
function withStorage(use) {
  try {
    return use(localStorage);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
