/**
 * The catalogues: every one has what English has, with the same values and its own language's plurals, and every message
 * is used. And no sentence stands anywhere but in them.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LANGUAGES } from "../../WebUI/pages/languages.js";
import { closing, expand, readArgument } from "../../WebUI/pages/patterns.js";

const root = new URL("../../", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, root), "utf8");
const named = (/** @type {string} */ folder, /** @type {RegExp} */ ending) =>
  readdirSync(new URL(folder, root))
    .filter((name) => ending.test(name))
    .map((name) => ({ name, text: read(folder + name) }));

/** @type {Map<string, Record<string, string>>} */
const catalogues = new Map(
  named("WebUI/locales/", /\.json$/).map(({ name, text }) => [name.replace(".json", ""), JSON.parse(text)]),
);
const english = /** @type {Record<string, string>} */ (catalogues.get("en"));
/** The extension's own files lie in its folder and in those below, beside links to what it shares with the pages. */
const extension = ["Extension/", ...readdirSync(new URL("Extension/", root), { withFileTypes: true }).flatMap(ownFolder)];
const pages = ["WebUI/", ...extension].flatMap((folder) => named(folder, /\.html$/));
/** Without comments, where sentences belong. */
const scripts = ["WebUI/pages/", ...extension]
  .flatMap((folder) => named(folder, /\.js$/))
  .map(({ name, text }) => ({
    name,
    text: text.replace(/\/\*.*?\*\//gs, "").replace(/(?<![:"'\\])\/\/ .*$/gm, ""),
  }));
const library = named("WebUI/keylink/", /\.js$/);

/** @param {import("node:fs").Dirent} entry @returns {string[]} */
function ownFolder(entry) {
  return entry.isDirectory() && entry.name !== "_locales" ? [`Extension/${entry.name}/`] : [];
}

/** Counts of every category of every language: none, singular and plural, those that end in 1 or 2, great ones. */
const COUNTS = [0, 1, 2, 3, 4, 5, 7, 10, 11, 12, 19, 20, 21, 22, 25, 60, 100, 101, 102, 111, 1_000_000];

/** @param {string} pattern @returns {{name: string, forms: Map<string, string> | null}[]} its values, those within others too */
function argumentsOf(pattern) {
  const found = [];
  for (let open = pattern.indexOf("{"); open >= 0; open = pattern.indexOf("{", open + 1)) {
    const close = closing(pattern, open);
    const argument = readArgument(pattern.slice(open + 1, close));
    found.push(argument, ...[...(argument.forms?.values() ?? [])].flatMap(argumentsOf));
    open = close;
  }
  return found;
}

/** @param {string} pattern @returns {string[]} the names of its values, sorted, with what each is */
const valuesOf = (pattern) =>
  [...new Set(argumentsOf(pattern).map(({ name, forms }) => (forms ? `${name} (counted)` : name)))].sort();

/**
 * What a reader sees of the values.
 * @param {string} pattern @param {string} tag @param {number} count of everything that is counted
 */
function told(pattern, tag, count) {
  const rules = new Intl.PluralRules(tag);
  const values = Object.fromEntries(argumentsOf(pattern).map(({ name, forms }) => [name, forms ? count : `<${name}>`]));
  const writing = {
    category: rules.select.bind(rules),
    number: (/** @type {number} */ value) => `<${value}>`,
    text: (/** @type {string} */ value) => value,
  };
  const text = expand(pattern, values, writing).join("");
  /** @type {string[]} */
  const marks = text.match(/<[^>]*>/g) ?? [];
  return { text, values: marks.filter((mark) => mark !== `<${count}>`).sort(), number: marks.includes(`<${count}>`) };
}

test("every language on offer has a catalogue, and every catalogue is on offer", () => {
  assert.deepEqual(LANGUAGES.map(({ tag }) => tag).sort(), [...catalogues.keys()].sort());
  for (const { tag, direction, catalogue } of LANGUAGES) {
    assert.equal(catalogue.pathname.split("/").pop(), `${tag}.json`);
    assert.deepEqual(Intl.getCanonicalLocales(tag), [tag]);
    assert.equal(direction, ["ar", "fa", "he"].includes(tag) ? "rtl" : "ltr", tag);
  }
});

for (const [tag, catalogue] of catalogues) {
  test(`${tag} has exactly what English has`, () => {
    assert.deepEqual(
      Object.keys(english).filter((key) => !Object.hasOwn(catalogue, key)),
      [],
      "missing",
    );
    assert.deepEqual(
      Object.keys(catalogue).filter((key) => !Object.hasOwn(english, key)),
      [],
      "nobody asks for these",
    );
  });

  test(`${tag} tells the same values`, () => {
    for (const [key, pattern] of Object.entries(catalogue)) {
      assert.deepEqual(valuesOf(pattern), valuesOf(english[key]), key);
      for (const count of COUNTS) {
        const own = told(pattern, tag, count);
        const model = told(english[key], "en", count);
        assert.deepEqual(own.values, model.values, `${key}, counting ${count}: ${own.text}`);
        // None, once and twice have words of their own; beyond that a form that leaves the number out says another one.
        if (count > 2) assert.equal(own.number, model.number, `${key}, counting ${count}: ${own.text}`);
        assert.match(own.text, /\S/, key);
      }
    }
  });

  test(`${tag} counts by its own rules`, () => {
    const categories = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.toSorted();
    for (const [key, pattern] of Object.entries(catalogue)) {
      const exact = argumentsOf(english[key]).flatMap(({ forms }) =>
        [...(forms?.keys() ?? [])].filter((form) => form.startsWith("=")),
      );
      for (const { forms } of argumentsOf(pattern)) {
        if (!forms) continue;
        const own = [...forms.keys()];
        assert.deepEqual(own.filter((form) => !form.startsWith("=")).sort(), categories, key);
        assert.deepEqual([...new Set(own.filter((form) => form.startsWith("=")))].sort(), [...new Set(exact)].sort(), key);
      }
    }
  });

  test(`${tag} is written in that language, with its own signs`, () => {
    for (const [key, text] of Object.entries(catalogue)) {
      assert.equal(text, text.trim().normalize("NFC"), key);
      assert.doesNotMatch(text, / {2}|\p{Cc}|["'`!！¡]|\.\.\./u, `${key}: typewriter's signs, or a shout`);
      const isSentence = /\p{L}\s+\p{L}/u.test(text.replace(/\{\w+\}| · Keylink/g, ""));
      if (tag !== "en" && isSentence) assert.notEqual(text, english[key], `${key} is English still`);
    }
  });
}

/** Keys that HTML or a script names in full. */
const keysNamed = new Set([
  ...pages.flatMap(({ text }) => [...text.matchAll(/data-message[a-z-]*="([^"]+)"/g)].map(([, key]) => key)),
  ...scripts.flatMap(({ text }) => [...text.matchAll(/"([a-zA-Z]+(?:\.[\w-]+)*)"/g)].map(([, key]) => key)),
  ...[...read("Extension/manifest.json").matchAll(/"__MSG_(\w+)__"/g)].map(([, name]) => `extension.manifest.${name}`),
]);
const sections = new Set(Object.keys(english).map((key) => key.split(".")[0]));

/** Keys that a script builds, as patterns; what it fills in has to stand in some script as a word. */
const keysBuilt = scripts.flatMap(({ text }) =>
  [...text.matchAll(/`([a-z]+)\.([^`]*\$\{[^`]*)`/gi)]
    .filter(([, section]) => sections.has(section))
    .map(
      ([, section, rest]) =>
        new RegExp(`^${section}\\.${rest.replaceAll(".", "\\.").replace(/\$\{[^}]*\}/g, "([\\w-]+)")}(?:\\.(?:title|text))?$`),
    ),
);
const words = new Set(
  [...scripts, ...library].flatMap(({ text }) => [...text.matchAll(/["']([\w-]+)["']/g)].map(([, word]) => word)),
);
/** The events of a receipt come from a server. */
for (const [, list] of read("Spec/openapi.yaml").matchAll(/what: \{ type: string, enum: \[([^\]]+)\]/g)) {
  for (const word of list.split(", ")) words.add(word);
}

test("every message that is named is there", () => {
  const isThere = (/** @type {string} */ key) => Object.hasOwn(english, key) || Object.hasOwn(english, `${key}.title`);
  const missing = [...keysNamed].filter((key) => key.includes(".") && sections.has(key.split(".")[0]) && !isThere(key));
  assert.deepEqual(missing, []);
});

test("every message that is built is there", () => {
  const phases = library
    .flatMap(({ text }) => [...text.matchAll(/phase: ((?:["'][a-z]+["'] ?\|? ?)+)/g)])
    .flatMap(([, list]) => list.match(/[a-z]+/g) ?? []);
  assert.ok(phases.includes("sealing"));
  /** @type {string[]} */
  const states = /const states = \[([^\]]+)\]/.exec(read("WebUI/keylink/answers.js"))?.[1].match(/[a-z]+/g) ?? [];
  assert.ok(states.includes("waiting"));
  const built = [
    ...phases.map((phase) => `working.${phase}`),
    ...[...states, "partly", "lapsed"].flatMap((state) => [`receipt.${state}.title`, `receipt.${state}.text`]),
    ...Object.keys(english).flatMap((key) => (/^ended\.[^.]+\.text$/.test(key) ? [key.replace(/text$/, "title")] : [])),
  ];
  assert.deepEqual(
    built.filter((key) => !Object.hasOwn(english, key)),
    [],
  );
});

test("every message is used", () => {
  const isUsed = (/** @type {string} */ key) =>
    keysNamed.has(key) ||
    keysNamed.has(key.replace(/\.(?:title|text)$/, "")) ||
    keysBuilt.some((pattern) =>
      pattern
        .exec(key)
        ?.slice(1)
        .every((word) => words.has(word)),
    );
  assert.deepEqual(
    Object.keys(english).filter((key) => !isUsed(key)),
    [],
  );
});

test("what a browser says of the extension is as short as its store wants it", () => {
  for (const [tag, catalogue] of catalogues) {
    for (const [name, longest] of Object.entries({ name: 75, description: 132 })) {
      assert.ok((catalogue[`extension.manifest.${name}`] ?? "").length <= longest, `${tag}: ${name}`);
    }
  }
});

test("no sentence stands in HTML, but for readers whose browser runs no script", () => {
  for (const { name, text } of pages) {
    const rest = text
      .replace(/<noscript>.*?<\/noscript>/gs, "")
      .replace(/<p id="unready".*?<\/p>/s, "")
      .replace(/<title>Keylink<\/title>|<span>Keylink<\/span>/g, "");
    assert.equal(rest.replace(/<[^>]+>/g, "").trim(), "", name);
    assert.doesNotMatch(rest, /<[^>]+ (?:title|alt|placeholder|aria-label)="[^"]/, name);
  }
});

test("no sentence stands in a script, but for those who mend it", () => {
  for (const { name, text } of scripts) {
    const rest = text.replace(/(?:new (?:\w*Error|DOMException)\(|className = |justification: )(?:`[^`]*`|"[^"]*")/g, "");
    const literals = rest.match(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g) ?? [];
    assert.deepEqual(
      literals.filter((literal) => /\p{L}{2,} \p{L}+ \p{L}{2,}/u.test(literal)),
      [],
      name,
    );
    assert.doesNotMatch(rest, /\.(?:textContent|title|placeholder|alt|innerText) = ["'`][^"'`]*\p{L}/u, name);
    assert.doesNotMatch(rest, /setAttribute\("(?:aria-label|title|placeholder|alt)", ["'`]/, name);
  }
});
