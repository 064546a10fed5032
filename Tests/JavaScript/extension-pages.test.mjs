/**
 * The extension's pages have the parts of the server's pages, and the same scripts find their way in them: so each part is
 * held to be the same, but for what is said to be the extension's own.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (/** @type {string} */ path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** What only one of them has. The popup keeps its links, so it says so, and asks nothing before one of them makes room. */
const OWN = [
  [/data-message="extension\.popup\.alsoThere"/g, 'data-message="shared.onlyHere"'],
  [/data-message="extension\.popup\.passphraseHint"/g, 'data-message="shared.passphraseHint"'],
  [/<p id="files-note".*?<\/p>/gs, ""],
  [/<div id="server-field".*?<\/div>\s*<\/div>/gs, ""],
  [/<div id="help".*?<\/div>/gs, ""],
  [/<div id="leaving".*?<\/div>\s*<\/div>/gs, ""],
  [/ id="going-on"/g, ""],
];

/** @param {string} html @returns {Map<string, string>} sections and templates by their ids, without what space there is between tags */
function partsOf(html) {
  const own = OWN.reduce((text, [pattern, instead]) => text.replace(pattern, String(instead)), html);
  const parts = own.matchAll(/^ *<template[^\n]*<\/template>$|^ *<(?<tag>section|template) id=.*?^ *<\/\k<tag>>$/gms);
  return new Map([...parts].map(([part]) => [/id="([\w-]+)"/.exec(part)?.[1] ?? "", part.replace(/>\s+</g, "><").trim()]));
}

for (const [own, servers, apart] of [
  ["Extension/popup/popup.html", "WebUI/index.html", ["own", "own-link"]],
  ["Extension/open/open.html", "WebUI/open.html", ["access"]],
]) {
  test(`${own} has the parts of ${servers}`, () => {
    const here = partsOf(read(String(own)));
    const there = partsOf(read(String(servers)));
    assert.ok(there.size >= 6, "the parts are found");
    for (const id of apart) assert.ok(here.delete(id), id);
    assert.deepEqual([...here.keys()], [...there.keys()]);
    for (const [id, part] of there) assert.equal(here.get(id), part, id);
  });
}
