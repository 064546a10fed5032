/**
 * Messages in a small part of ICU's syntax, the same in every catalogue: `{name}` stands for a value, and
 * `{count, plural, =0 {none} one {# file} other {# files}}` chooses by the language's own rules, `#` being the number.
 *
 * No document here: a page, an extension and a test expand the same way.
 */

/**
 * @template [Thing=never]
 * @typedef {Record<string, string | number | Thing>} ValuesOf what stands in a message; a Thing is passed on as it is
 */

/**
 * How a language writes.
 * @typedef {object} Writing
 * @property {(count: number) => string} category of a count: `one`, `few`, `other`…
 * @property {(value: number) => string} number
 * @property {(value: string) => string} text a value from elsewhere, kept from reordering what stands around it
 */

/**
 * @template [Thing=never]
 * @param {string} pattern @param {ValuesOf<Thing>} values @param {Writing} writing
 * @param {number | null} [counted] what `#` stands for
 * @returns {(string | Thing)[]}
 * @throws {RangeError} where a value is missing or a brace stays open
 */
export function expand(pattern, values, writing, counted = null) {
  /** @type {(string | Thing)[]} */
  const parts = [];
  for (let at = 0; at < pattern.length; ) {
    const open = pattern.indexOf("{", at);
    const text = pattern.slice(at, open < 0 ? undefined : open);
    parts.push(counted === null ? text : text.replaceAll("#", writing.number(counted)));
    if (open < 0) break;
    const close = closing(pattern, open);
    parts.push(...argument(pattern.slice(open + 1, close), values, writing));
    at = close + 1;
    // A value that ends in a stop of its own (`6:20 μ.μ.`) ends the sentence as well.
    if (pattern[at] === "." && /\.\u2069?$/.test(String(parts.at(-1)))) at++;
  }
  return parts;
}

/**
 * @template Thing
 * @param {string} inside what stands between the braces @param {ValuesOf<Thing>} values @param {Writing} writing
 * @returns {(string | Thing)[]}
 */
function argument(inside, values, writing) {
  const { name, forms } = readArgument(inside);
  const value = values[name];
  if (value === undefined) throw new RangeError(`no value for ${name}`);
  if (forms === null)
    return [typeof value === "number" ? writing.number(value) : typeof value === "string" ? writing.text(value) : value];
  const count = Number(value);
  const form = forms.get(`=${count}`) ?? forms.get(writing.category(count)) ?? forms.get("other");
  if (form === undefined) throw new RangeError(`no form of ${name} for ${count}`);
  return expand(form, values, writing, count);
}

/**
 * @param {string} inside what stands between the braces
 * @returns {{name: string, forms: Map<string, string> | null}} forms of a plural by category, `=0` and the like included
 */
export function readArgument(inside) {
  const [name, kind] = inside.split(",", 2).map((part) => part.trim());
  if (kind === undefined) return { name, forms: null };
  if (kind !== "plural") throw new RangeError(`no such kind: ${kind}`);
  /** @type {Map<string, string>} */
  const forms = new Map();
  const cases = inside.slice(inside.indexOf(",", inside.indexOf(",") + 1) + 1);
  for (let at = 0, open = cases.indexOf("{"); open >= 0; open = cases.indexOf("{", at)) {
    const close = closing(cases, open);
    forms.set(cases.slice(at, open).trim(), cases.slice(open + 1, close));
    at = close + 1;
  }
  return { name, forms };
}

/** @param {string} text @param {number} open @returns {number} where the brace at `open` is closed */
export function closing(text, open) {
  for (let depth = 0, at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  throw new RangeError("a brace stays open");
}
