/** Contrast, measured by WCAG's formula, of every pair of colours that meet on the page, light and dark. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../WebUI/styles/tokens.css", import.meta.url), "utf8");
const colours = (/** @type {string} */ text) =>
  Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
const [bright, night] = css.split("@media (prefers-color-scheme: dark)");
const light = colours(bright);
const dark = { ...light, ...colours(night) };

/** Secrets and what is read first: 7. Other text: 4.5. Edges of what can be filled in, and marks: 3. @type {[string, string, number][]} */
const PAIRS = [
  ["ink", "card", 7],
  ["ink", "paper", 7],
  ["quiet", "card", 4.5],
  ["quiet", "paper", 4.5],
  ["stop", "card", 4.5],
  ["stop", "paper", 4.5],
  ["safe", "card", 4.5],
  ["safe", "paper", 4.5],
  ["on-ember", "ember", 4.5],
  ["on-ember", "ember-pressed", 4.5],
  ["on-ember", "stop", 4.5],
  ["ember", "card", 3],
  ["ember", "paper", 3],
  ["edge", "card", 3],
  ["edge", "paper", 3],
];

/** @param {string} colour @returns {number} relative luminance */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

for (const [theme, palette] of Object.entries({ light, dark })) {
  test(`what is read in the ${theme} theme can be read`, () => {
    for (const [one, other, least] of PAIRS) {
      const [darker, lighter] = [luminance(palette[one]), luminance(palette[other])].sort((a, b) => a - b);
      const contrast = (lighter + 0.05) / (darker + 0.05);
      assert.ok(contrast >= least, `${one} on ${other}: ${contrast.toFixed(2)}, ${least} at least`);
    }
  });
}

test("colours are numbers in tokens.css alone", () => {
  for (const name of ["page", "forms", "told"]) {
    const text = readFileSync(new URL(`../../WebUI/styles/${name}.css`, import.meta.url), "utf8");
    assert.doesNotMatch(text, /#[0-9a-f]{3,8}\b(?=[^{}]*;)|\brgba?\(|\bhsla?\(/i, name);
  }
});

test("no style names a left or a right", () => {
  for (const name of ["page", "forms", "told"]) {
    const text = readFileSync(new URL(`../../WebUI/styles/${name}.css`, import.meta.url), "utf8").replace(/\/\*.*?\*\//gs, "");
    assert.doesNotMatch(text, /\b(?:left|right)\b|(?<![\w-])(?:width|height):/, name);
  }
});
