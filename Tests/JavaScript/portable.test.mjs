import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

const folder = new URL("../../WebUI/keylink/", import.meta.url);
const names = (await readdir(folder)).filter((name) => name.endsWith(".js"));

/** @param {string} name @returns {Promise<string>} without comments and strings, which may speak of anything */
async function codeOf(name) {
  const source = await readFile(new URL(name, folder), "utf8");
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(?<!:)\/\/.*$/gm, "");
}

test("the library runs in page, worker, extension and node: it asks for nothing that one of them lacks", async () => {
  assert.ok(names.length > 15);
  for (const name of names) {
    const code = await codeOf(name);
    for (const word of [
      "document",
      "window",
      "chrome",
      "browser",
      "process",
      "Buffer",
      "require",
      "sessionStorage",
      "indexedDB",
    ]) {
      assert.ok(!new RegExp(`(?<![.\\w"])${word}\\b(?!:)`).test(code), `${name} uses ${word}`);
    }
  }
});

test("service workers may not import at run time: only what node alone reaches does", async () => {
  for (const name of names) {
    const dynamic = [...(await codeOf(name)).matchAll(/\bimport\(([^)]*)\)/g)].map(([, what]) => what);
    const allowed = name === "sodium.js" ? ['"node:fs/promises"', '"node:crypto"'] : [];
    assert.deepEqual(dynamic, allowed, name);
  }
});

test("nothing is imported but what lies beside it", async () => {
  for (const name of names) {
    for (const [, from] of (await codeOf(name)).matchAll(/\bfrom "([^"]+)"/g)) assert.match(from, /^\.\/[a-z-]+\.js$/, name);
  }
});
