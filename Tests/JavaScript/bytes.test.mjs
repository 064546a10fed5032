import assert from "node:assert/strict";
import { test } from "node:test";
import {
  concat,
  equalInConstantTime,
  fromBase64url,
  fromHex,
  fromUtf8,
  isWellFormed,
  readU32,
  readU64,
  toBase64url,
  toHex,
  toUtf8,
  u32,
  u64,
} from "../../WebUI/keylink/bytes.js";
import { codeOf, sample } from "./support/envelopes.mjs";

test("base64url agrees with node's, at every length and value", () => {
  for (let size = 0; size <= 70; size++) {
    const bytes = sample(size, size + 3);
    assert.equal(toBase64url(bytes), Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes);
  }
  const every = Uint8Array.from({ length: 256 }, (_, value) => value);
  assert.deepEqual(fromBase64url(toBase64url(every)), every);
});

test("base64url has one spelling", async () => {
  for (const text of ["A", "AB", "AAB", "AA==", "AA=", "A+AA", "A/AA", "AA A", "AAA\n", "ÄAAA", "AAAAA", "Zg==", "Zh"]) {
    assert.equal(await codeOf(() => fromBase64url(text)), "malformed-encoding", JSON.stringify(text));
  }
  assert.deepEqual(fromBase64url("Zg"), Uint8Array.of(0x66));
});

test("hex is lower case and even", async () => {
  assert.equal(toHex(Uint8Array.of(0, 15, 255)), "000fff");
  assert.deepEqual(fromHex("000fff"), Uint8Array.of(0, 15, 255));
  for (const text of ["0", "0g", "FF", " 00"]) assert.equal(await codeOf(() => fromHex(text)), "malformed-encoding", text);
});

test("integers are big-endian up to their ends", () => {
  assert.equal(toHex(u32(0x01020304)), "01020304");
  assert.equal(toHex(u32(2 ** 32 - 1)), "ffffffff");
  assert.equal(toHex(u64(2 ** 53 - 1)), "001fffffffffffff");
  assert.equal(toHex(u64(2 ** 40 + 5)), "0000010000000005");
  const whole = concat(Uint8Array.of(9), u32(2 ** 31), u64(2 ** 52));
  assert.equal(readU32(whole.subarray(1), 0), 2 ** 31);
  assert.equal(readU64(whole, 5), 2n ** 52n);
});

test("comparison sees every difference", () => {
  assert.ok(equalInConstantTime(sample(32), sample(32)));
  assert.ok(!equalInConstantTime(sample(32), sample(31)));
  for (let at = 0; at < 32; at++) {
    const other = sample(32);
    other[at] ^= 1;
    assert.ok(!equalInConstantTime(sample(32), other));
  }
});

test("UTF-8 is strict both ways, and a leading U+FEFF is data", async () => {
  assert.equal(fromUtf8(toUtf8("\u{FEFF}Grüße \u{1F511}")), "\u{FEFF}Grüße \u{1F511}");
  for (const hex of ["c080", "eda080", "f4908080", "ff", "c3", "e282"]) {
    assert.equal(await codeOf(() => fromUtf8(fromHex(hex))), "malformed-encoding", hex);
  }
  for (const text of ["\ud800", "a\udc00b", "\udc00\ud800"]) {
    assert.ok(!isWellFormed(text));
    assert.equal(await codeOf(() => toUtf8(text)), "malformed-encoding");
  }
  assert.ok(isWellFormed("\ud83d\udd11"));
});
