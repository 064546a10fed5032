/**
 * What the open page makes of text, names and pictures, before any of it reaches a document.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureOf } from "../../WebUI/pages/picture.js";
import { piecesOf } from "../../WebUI/pages/pieces.js";
import { distinctNames, nameAt, safeName } from "../../WebUI/pages/safenames.js";

test("pieces joined are the text, and none is large", () => {
  const line = "0123456789 ".repeat(9);
  const texts = [
    "",
    "one line",
    "\n",
    "\n".repeat(1000),
    `${line}\n`.repeat(100_000),
    "x".repeat(5_000_000),
    `short\n${"y".repeat(40_000)}\nshort again\r\nand no end`,
    "a\u0301".repeat(20_000),
    "\u{1F469}\u200D\u{1F52C}".repeat(9000),
  ];
  for (const text of texts) {
    const pieces = [...piecesOf(text)];
    assert.ok(pieces.map((piece) => piece.text).join("") === text);
    assert.ok(pieces.every((piece) => piece.text.length <= 16_384 && piece.lines <= 200 && piece.text !== ""));
  }
});

test("lines end pieces wherever they can, and no character is cut in two", () => {
  assert.ok([...piecesOf("a line\n".repeat(5000))].every(({ text, whole }) => whole && text.endsWith("\n")));
  const long = [...piecesOf(`${"w".repeat(40_000)}\nz`)];
  assert.deepEqual(
    long.map(({ whole }) => whole),
    [false, false, true],
  );
  for (const unit of ["a\u0301", "\u{1F511}", "\u{1F469}\u200D\u{1F52C}"]) {
    const pieces = [...piecesOf(unit.repeat(20_000))];
    assert.ok(pieces.length > 1);
    assert.ok(
      pieces.every(({ text }) => text.startsWith(unit) && text.endsWith(unit)),
      JSON.stringify(unit),
    );
  }
  const words = [...piecesOf("word ".repeat(10_000))];
  assert.ok(words.slice(0, -1).every(({ text }) => text.endsWith(" ")));
});

test("names are made safe to write", () => {
  const safe = {
    "report.pdf": "report.pdf",
    "Übersicht – draft.bin": "Übersicht – draft.bin",
    ".bashrc": ".bashrc",
    CON: "_CON",
    "nul.txt": "_nul.txt",
    "COM¹.log": "_COM¹.log",
    lpt9: "_lpt9",
    "console.log": "console.log",
    "a:b.txt": "a_b.txt",
    'what?*"<>|.txt': "what______.txt",
    "../../etc/passwd": ".._.._etc_passwd",
    "..\\autoexec.bat": ".._autoexec.bat",
    "ends in points...": "ends in points___",
    "exe\u202etxt": "exe_txt",
    "": "_",
    "   ": "___",
  };
  for (const [name, expected] of Object.entries(safe)) assert.equal(safeName(name), expected);
  const long = safeName(`${"ü".repeat(120)}${"n".repeat(15)}.tar.gz`);
  assert.ok(long.endsWith(".tar.gz") && new TextEncoder().encode(long).length <= 240);
});

test("names that repeat are told apart, without case and however they are composed", () => {
  assert.deepEqual(distinctNames(["a.txt", "A.TXT", "a.txt", "é", "e\u0301"]), [
    "a.txt",
    "A (2).TXT",
    "a (3).txt",
    "é",
    "e\u0301 (2)",
  ]);
  assert.deepEqual(distinctNames(["a.txt", "a (2).txt", "a.txt"]), ["a.txt", "a (2).txt", "a (3).txt"]);
  assert.equal(nameAt("backup.tar.gz", 2), "backup (2).tar.gz");
  assert.equal(nameAt(".bashrc", 2), ".bashrc (2)");
});

/** @param {...(string | number[])} parts */
const octets = (...parts) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? Array.from(part, (one) => one.charCodeAt(0)) : part)));
const PNG = octets("\x89PNG\r\n\x1A\n", [0, 0, 0, 13], "IHDR", [0, 0, 2, 0, 0, 0, 1, 0]);

test("a picture is one by its octets", () => {
  assert.deepEqual(pictureOf(PNG), { type: "image/png", width: 512, height: 256 });
  assert.deepEqual(pictureOf(octets("GIF89a", [3, 0, 2, 0])), { type: "image/gif", width: 3, height: 2 });
  const jpeg = octets([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 1, 0xff, 0xc2, 0, 17, 8, 1, 0, 2, 0, 3]);
  assert.deepEqual(pictureOf(jpeg), { type: "image/jpeg", width: 512, height: 256 });
  const webp = (/** @type {string} */ kind, /** @type {number[]} */ rest) => octets("RIFF", [9, 9, 9, 9], "WEBPVP8", kind, rest);
  assert.deepEqual(pictureOf(webp("X", [10, 0, 0, 0, 0, 0, 0, 0, 0xff, 1, 0, 0xff, 0, 0])), {
    type: "image/webp",
    width: 512,
    height: 256,
  });
  const bmp = octets("BM", Array(12).fill(1), [40, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  assert.deepEqual(pictureOf(bmp), { type: "image/bmp", width: 2, height: 1 });
});

test("documents, cut pictures and enormous ones are none", () => {
  const huge = PNG.slice();
  huge.set([0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff], 16);
  const none = [
    octets("<svg xmlns"),
    octets("<html>"),
    octets(""),
    PNG.slice(0, 20),
    huge,
    octets([0xff, 0xd8, 0xff]),
    octets("%PDF-1.7"),
  ];
  for (const head of none) assert.equal(pictureOf(head), null);
});
