import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLink, formatReceiptLink, parseLink, parseReceiptLink } from "../../WebUI/keylink/link.js";
import { codeOf, sample } from "./support/envelopes.mjs";

const ID = "AAECAwQFBgcICQoLDA0ODw";
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const link = `https://keys.example/s/${ID}#${KEY}`;

test("a link is what it was made of", () => {
  for (const base of ["https://a", "http://127.0.0.1:8080", "https://[::1]:1/x/s/y", "https://h.example/a/~b:@!$&()*+,;="]) {
    assert.deepEqual(parseLink(formatLink(base, ID, sample(32))), { base, id: ID, key: sample(32) });
    assert.deepEqual(parseReceiptLink(formatReceiptLink(base, ID, sample(32))), { base, id: ID, key: sample(32) });
  }
});

test("a link is not a receipt, and the other way round", async () => {
  assert.equal(await codeOf(() => parseReceiptLink(link)), "malformed-link");
  assert.equal(await codeOf(() => parseLink(link.replace("/s/", "/r/"))), "malformed-link");
});

test("what could not be read again is not written", async () => {
  for (const base of [
    "https://A",
    "https://a/",
    "https://a:0",
    "https://a:65536",
    "https://a/../b",
    "ftp://a",
    "https://a?x",
    "",
  ]) {
    assert.equal(await codeOf(() => formatLink(base, ID, sample(32))), "malformed-link", base);
  }
  assert.equal(await codeOf(() => formatLink("https://a", ID.slice(1), sample(32))), "malformed-link");
  assert.equal(await codeOf(() => formatLink("https://a", ID, sample(31))), "malformed-link");
});
