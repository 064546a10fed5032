import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, toUtf8, u32, u64 } from "../../WebUI/keylink/bytes.js";
import { PayloadParser } from "../../WebUI/keylink/parser.js";
import { checkItems, isName, isType, paddedSize, padme, payloadSize, writePayload } from "../../WebUI/keylink/payload.js";
import { sizeOf } from "../../WebUI/keylink/streams.js";
import { bytesItem, codeOf, pieces, sample } from "./support/envelopes.mjs";

/** @param {number} kind @param {Uint8Array} [body] */
const record = (kind, body = new Uint8Array()) => concat(Uint8Array.of(kind), u32(body.length), body);
const TEXT = record(1);
const PADDING = record(0);

/** @param {Uint8Array} payload @param {number} size of the pieces */
function parse(payload, size) {
  const parser = new PayloadParser();
  const found = [];
  for (const piece of pieces(payload, size)) found.push(...parser.push(piece));
  found.push(...parser.finish());
  return found;
}

/** Whole, octet by octet, and in threes. @param {...Uint8Array} records @returns {Promise<string>} */
async function verdict(...records) {
  const payload = concat(...records);
  const codes = await Promise.all([payload.length, 1, 3].map((size) => codeOf(() => parse(payload, Math.max(1, size)))));
  assert.equal(new Set(codes).size, 1, `pieces disagree: ${codes}`);
  return codes[0];
}

test("padmé, against the definition in wide integers", () => {
  const definition = (/** @type {bigint} */ length) => {
    const e = BigInt(length.toString(2).length - 1);
    const s = BigInt(e.toString(2).length);
    const mask = (1n << (e - s)) - 1n;
    return (length + mask) & ~mask;
  };
  const lengths = [2, 3, 4, 5, 7, 8, 9, 255, 256, 257, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 38 + 1, 2 ** 39 - 1, 2 ** 39];
  for (let length = 2; length < 5000; length += 7) lengths.push(length);
  for (const length of lengths) assert.equal(BigInt(padme(length)), definition(BigInt(length)), String(length));
});

test("a payload has at least 256 octets and at most 2^39 before padding", async () => {
  assert.equal(paddedSize(1), 256);
  assert.equal(paddedSize(251), 256);
  assert.equal(paddedSize(252), 272);
  assert.equal(paddedSize(2 ** 39 - 5), 2 ** 39);
  assert.equal(await codeOf(() => paddedSize(2 ** 39 - 4)), "malformed-payload");
});

test("the size is known before it is written", async () => {
  for (const size of [0, 1, 5, 250, 4096, 65536, 100_000]) {
    const items = [bytesItem(sample(size), { type: "image/png" }), bytesItem(sample(size))];
    let written = 0;
    for await (const piece of writePayload(items)) written += sizeOf(piece);
    assert.equal(payloadSize(items), written);
  }
  assert.equal(payloadSize([bytesItem(sample(3), { sized: false })]), null);
  // Data longer than a record's length field takes one more head.
  const huge = (/** @type {number} */ size) => payloadSize([{ ...bytesItem(new Uint8Array()), size }]) ?? 0;
  assert.equal(huge(2 ** 32), paddedSize(5 + 8 + 5 + 8 + 10 + 2 ** 32));
});

test("names are one component, judged by scalars", () => {
  for (const name of ["a", "ü".repeat(127), "a.b", "...", "\u{FEFF}a", "con", "a ", "e\u0301", "\u{1F511}"]) {
    assert.ok(isName(name), JSON.stringify(name));
  }
  const forbidden = [
    "",
    ".",
    "..",
    "a/b",
    "a\\b",
    "\0",
    "\n",
    "\x1f",
    "\x7f",
    "\x9f",
    "\u061c",
    "\u200e",
    "\u2028",
    "\u202e",
    "\u2066",
  ];
  for (const name of [...forbidden, "a/\u0338", "\u2069", "ü".repeat(128), "\ud800"]) {
    assert.ok(!isName(name), JSON.stringify(name));
  }
});

test("a writer refuses what a reader would", async () => {
  const item = bytesItem(sample(1));
  const text = { kind: /** @type {const} */ ("text"), stream: item.stream };
  for (const items of [
    [],
    Array(1001).fill(item),
    [{ ...item, name: "a/b" }],
    [{ ...item, name: undefined }],
    [{ ...text, name: "a" }],
    [{ ...item, type: "" }],
    [{ ...item, type: "ä" }],
    [{ ...item, type: "x".repeat(256) }],
    [{ ...item, size: -1 }],
    [{ ...item, size: 1.5 }],
    [{ ...item, size: 2 ** 53 }],
  ]) {
    assert.equal(await codeOf(() => checkItems(items)), "malformed-payload");
  }
  checkItems(Array(1000).fill(item));
  assert.ok(isType("x".repeat(255)));
});

test("a source that changed under the writer is refused", async () => {
  const write = async (/** @type {number} */ size) => {
    for await (const _ of writePayload([{ ...bytesItem(sample(100)), size }]));
  };
  assert.equal(await codeOf(write(100)), "none");
  assert.equal(await codeOf(write(99)), "source-changed");
  assert.equal(await codeOf(write(101)), "source-changed");
});

test("text is checked while it is written, across pieces", async () => {
  const write = async (/** @type {Uint8Array} */ bytes) => {
    for await (const _ of writePayload([{ ...bytesItem(bytes, { piece: 1 }), kind: "text", name: undefined }]));
  };
  assert.equal(await codeOf(write(toUtf8("Grüße \u{1F511}"))), "none");
  assert.equal(await codeOf(write(Uint8Array.of(0x61, 0xff))), "malformed-payload");
  assert.equal(await codeOf(write(Uint8Array.of(0x61, 0xc3))), "malformed-payload");
});

test("the parser's limits", async () => {
  const file = (/** @type {Uint8Array} */ name) => record(2, name);
  const data = record(5, sample(3));
  const size = (/** @type {number | bigint} */ value) => record(4, u64(Number(value)));
  /** @type {[string, string, Uint8Array[]][]} */
  const cases = [
    ["none", "a text without data", [TEXT, PADDING]],
    ["none", "type, size, data", [file(toUtf8("a")), record(3, toUtf8("b/c")), size(6), data, data, PADDING]],
    ["none", "a size of nothing", [TEXT, size(0), PADDING]],
    ["none", "the longest name and type", [file(sample(255).fill(0x61)), record(3, sample(255).fill(0x7e)), PADDING]],
    ["none", "1000 items", [...Array(1000).fill(TEXT), PADDING]],
    ["malformed-payload", "1001 items", [...Array(1001).fill(TEXT), PADDING]],
    ["malformed-payload", "nothing", []],
    ["malformed-payload", "no item", [PADDING]],
    ["malformed-payload", "no padding", [TEXT]],
    ["malformed-payload", "a cut head", [TEXT, Uint8Array.of(0, 0, 0)]],
    ["malformed-payload", "cut padding", [TEXT, Uint8Array.of(0, 0, 0, 0, 2, 0)]],
    ["malformed-payload", "cut data", [TEXT, Uint8Array.of(5, 0, 0, 0, 2, 0x61)]],
    ["malformed-payload", "a padding octet that is not zero", [TEXT, record(0, Uint8Array.of(0, 0, 1))]],
    ["malformed-payload", "padding twice", [TEXT, PADDING, PADDING]],
    ["malformed-payload", "an item after the padding", [TEXT, PADDING, TEXT]],
    ["malformed-payload", "an unknown kind", [TEXT, record(6), PADDING]],
    ["malformed-payload", "data before an item", [data, TEXT, PADDING]],
    ["malformed-payload", "a type before an item", [record(3, toUtf8("a")), TEXT, PADDING]],
    ["malformed-payload", "a text with a body", [record(1, sample(1)), PADDING]],
    ["malformed-payload", "no name", [file(new Uint8Array()), PADDING]],
    ["malformed-payload", "a name too long", [file(sample(256).fill(0x61)), PADDING]],
    ["malformed-payload", "a name that is not UTF-8", [file(Uint8Array.of(0xff)), PADDING]],
    ["malformed-payload", "a name that is a path", [file(toUtf8("a/b")), PADDING]],
    ["malformed-payload", "an empty type", [TEXT, record(3), PADDING]],
    ["malformed-payload", "a type that is not ASCII", [TEXT, record(3, toUtf8("ä")), PADDING]],
    ["malformed-payload", "two types", [TEXT, record(3, toUtf8("a")), record(3, toUtf8("a")), PADDING]],
    ["malformed-payload", "two sizes", [TEXT, size(3), size(3), data, PADDING]],
    ["malformed-payload", "a type after the size", [TEXT, size(3), record(3, toUtf8("a")), data, PADDING]],
    ["malformed-payload", "a size after the data", [TEXT, data, size(3), PADDING]],
    ["malformed-payload", "a size of 7 octets", [TEXT, record(4, sample(7)), PADDING]],
    ["malformed-payload", "a size of 2^53", [TEXT, record(4, Uint8Array.of(0, 32, 0, 0, 0, 0, 0, 0)), PADDING]],
    ["malformed-payload", "more data than the size", [file(toUtf8("a")), size(2), data, PADDING]],
    ["malformed-payload", "less data than the size", [file(toUtf8("a")), size(4), data, PADDING]],
    ["malformed-payload", "less data, and another item", [file(toUtf8("a")), size(4), data, TEXT, PADDING]],
    ["malformed-payload", "empty data", [TEXT, record(5), PADDING]],
    ["malformed-payload", "text that is not UTF-8", [TEXT, record(5, Uint8Array.of(0xff)), PADDING]],
    ["malformed-payload", "text cut within a character", [TEXT, record(5, Uint8Array.of(0xc3)), PADDING]],
    ["none", "a character over two records", [TEXT, record(5, Uint8Array.of(0xc3)), record(5, Uint8Array.of(0xbc)), PADDING]],
  ];
  for (const [expected, what, records] of cases) assert.equal(await verdict(...records), expected, what);
});

test("a head is judged before its body is there: nothing large is held", async () => {
  const parser = new PayloadParser();
  const endless = concat(Uint8Array.of(2), u32(2 ** 32 - 1));
  assert.equal(await codeOf(() => [...parser.push(endless)]), "malformed-payload");
});
