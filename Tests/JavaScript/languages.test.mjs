/** Messages as they are written, and who gets which language. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { pick } from "../../WebUI/pages/languages.js";
import { expand } from "../../WebUI/pages/patterns.js";

/** @param {string} tag @returns {import("../../WebUI/pages/patterns.js").Writing} */
function writing(tag) {
  const rules = new Intl.PluralRules(tag);
  return {
    category: (count) => rules.select(count),
    number: (value) => new Intl.NumberFormat(tag).format(value),
    text: (value) => `[${value}]`,
  };
}

/** @param {string} pattern @param {Record<string, string | number>} values @param {string} [tag] */
const write = (pattern, values, tag = "en") => expand(pattern, values, writing(tag)).join("");

test("values stand where their names did, numbers as the reader writes them", () => {
  assert.equal(
    write("Save {name}, {size} of {total}", { name: "a{b}.txt", size: "2 MB", total: 12345 }),
    "Save [a{b}.txt], [2 MB] of 12,345",
  );
  assert.equal(write("{total}", { total: 12345 }, "de"), "12.345");
});

test("a sentence that ends in a value with a stop of its own ends in one stop", () => {
  const raw = { ...writing("el"), text: (/** @type {string} */ value) => value };
  assert.equal(expand("έως {when}.", { when: "6:20 μ.μ." }, raw).join(""), "έως 6:20 μ.μ.");
  assert.equal(expand("έως {when}. Τέλος.", { when: "18:20" }, raw).join(""), "έως 18:20. Τέλος.");
});

test("a count chooses by the language's own rules", () => {
  const files = "{count, plural, one {# plik} few {# pliki} many {# plików} other {# pliku}}";
  assert.deepEqual(
    [1, 2, 5, 12, 22, 1.5].map((count) => write(files, { count }, "pl")),
    ["1 plik", "2 pliki", "5 plików", "12 plików", "22 pliki", "1,5 pliku"],
  );
  const times = "{n, plural, zero {أبدًا} one {مرة} two {مرتين} few {# مرات} many {# مرة} other {# مرة}}";
  assert.deepEqual(
    [0, 1, 2, 3, 11].map((n) => write(times, { n }, "ar-u-nu-latn")),
    ["أبدًا", "مرة", "مرتين", "3 مرات", "11 مرة"],
  );
});

test("an exact count comes before its category, and values stand within forms", () => {
  const pattern = "{found, plural, =0 {none of {full} is there} one {# of {full} is there} other {# of {full} are there}}.";
  assert.deepEqual(
    [0, 1, 2].map((found) => write(pattern, { found, full: 43 })),
    ["none of 43 is there.", "1 of 43 is there.", "2 of 43 are there."],
  );
});

test("what a message lacks is not passed over", () => {
  assert.throws(() => write("{name}", {}), RangeError);
  assert.throws(() => write("{name", { name: "x" }), RangeError);
  assert.throws(() => write("{n, select, one {x}}", { n: 1 }), RangeError);
  assert.throws(() => write("{n, plural, one {x}}", { n: 2 }), RangeError);
});

const OFFERED = ["en", "de", "nb", "pt-BR", "he", "hi", "id", "zh-Hans", "zh-Hant"].map((tag) => ({
  tag,
  name: tag,
  direction: /** @type {const} */ ("ltr"),
  catalogue: new URL(`file:///${tag}.json`),
}));

for (const [wanted, tag, locale] of /** @type {[string[], string, string][]} */ ([
  [["de-AT", "en"], "de", "de-AT"],
  [["eu", "pt-PT", "en-GB"], "pt-BR", "pt-PT"],
  [["zh-TW"], "zh-Hant", "zh-TW"],
  [["zh-HK"], "zh-Hant", "zh-HK"],
  [["zh-CN"], "zh-Hans", "zh-CN"],
  [["zh-SG"], "zh-Hans", "zh-SG"],
  [["zh"], "zh-Hans", "zh"],
  [["zh-Hant-CN"], "zh-Hant", "zh-Hant-CN"],
  [["yue"], "zh-Hant", "yue"],
  [["no"], "nb", "no"],
  [["nn-NO"], "nb", "nn-NO"],
  [["iw"], "he", "iw"],
  [["in-ID"], "id", "in-ID"],
  [["hi-Latn", "en-IN"], "en", "en-IN"],
  [["", "x", "_", "de"], "de", "de"],
  [["eu", "tlh"], "en", "en"],
  [[], "en", "en"],
])) {
  test(`who reads ${wanted.join(", ") || "nothing that is told"} gets ${tag}`, () => {
    const picked = pick(wanted, OFFERED);
    assert.deepEqual([picked.language.tag, picked.locale], [tag, locale]);
  });
}
