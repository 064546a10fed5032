/**
 * The pages' catalogue: every sentence is there, every one is used, and none stands in the code.
 */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const web = new URL("../../WebUI/", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, web), "utf8");
const named = (/** @type {string} */ folder, /** @type {RegExp} */ ending) =>
  readdirSync(new URL(folder, web))
    .filter((name) => ending.test(name))
    .map((name) => ({ name, text: read(folder + name) }));

/** @type {Record<string, string>} */
const english = JSON.parse(read("locales/en.json"));
const pages = named("", /\.html$/);
const scripts = named("pages/", /\.js$/);

/** Families whose members are named by a code, a state or a phase that is only known when the page runs. */
const FAMILIES =
  /^(?:ended|problem|working|receipt\.event)\.|^receipt\.(?:waiting|claimed|opened|expired|revoked|ask|reloaded|not-found|malformed)\.(?:title|text)$/;

/** @returns {Set<string>} keys that HTML or a script names in full */
function keysNamed() {
  const inHtml = pages.flatMap(({ text }) => [...text.matchAll(/data-message[a-z-]*="([^"]+)"/g)].map(([, key]) => key));
  const inScripts = scripts.flatMap(({ text }) =>
    [...text.matchAll(/"([a-zA-Z]+(?:\.[\w-]+)+)"/g)].map(([, key]) => key).filter((key) => !/\.(?:js|json|wasm)$/.test(key)),
  );
  return new Set([...inHtml, ...inScripts, ...["copied", "copyFailed", "again", "cancel"]]);
}

test("every message that is named is there", () => {
  const missing = [...keysNamed()].filter((key) => !Object.hasOwn(english, key) && !Object.hasOwn(english, `${key}.title`));
  assert.deepEqual(missing, []);
});

test("every message is used", () => {
  const used = keysNamed();
  const unused = Object.keys(english).filter((key) => !used.has(key) && !FAMILIES.test(key));
  assert.deepEqual(unused, []);
});

test("a title has its text, and a text its title", () => {
  const lone = Object.keys(english)
    .filter((key) => key.startsWith("ended.") && key !== "ended.other.title")
    .filter(
      (key) =>
        !Object.hasOwn(
          english,
          key.replace(/\.(title|text)$/, (_, part) => (part === "title" ? ".text" : ".title")),
        ),
    );
  assert.deepEqual(lone, []);
});

test("no sentence stands in HTML, but for readers whose browser runs no script", () => {
  for (const { name, text } of pages) {
    const rest = text
      .replace(/<noscript>.*?<\/noscript>/gs, "")
      .replace(/<p id="unready".*?<\/p>/s, "")
      .replace(/<title>Keylink<\/title>|<span>Keylink<\/span>/g, "")
      .replace(/<[^>]+>/g, "");
    assert.equal(rest.trim(), "", name);
  }
});
