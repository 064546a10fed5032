import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLink, formatReceiptLink, mendLink, parseLink, parseReceiptLink } from "../../WebUI/keylink/link.js";
import { codeOf, sample } from "./support/envelopes.mjs";

const ID = "AAECAwQFBgcICQoLDA0ODw";
const KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const link = `https://keys.example/s/${ID}#${KEY}`;
/** Begins and ends in characters that trimming must spare. */
const DASHED = "-_8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA-";
const dashed = `https://keys.example/s/${ID}#${`${DASHED.slice(0, 42)}_`}`;

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

/** @type {[string, string, boolean][]} what was pasted, what it becomes, whether the key was exposed */
const mended = [
  [link, link, false],
  [`  ${link}\r\n`, link, false],
  [`<${link}>`, link, false],
  [`"${link}"`, link, false],
  [`“${link}”`, link, false],
  [`„${link}“.`, link, false],
  [`»${link}«`, link, false],
  [`'${link}',`, link, false],
  [`(${link}).`, link, false],
  [`[${link}];`, link, false],
  [`\`${link}\``, link, false],
  [`${link}!?`, link, false],
  [`${link}…`, link, false],
  [`「${link}」。`, link, false],
  [`*${link}*`, link, false],
  [`\u200b${link}\u200b\u2060`, link, false],
  [`\ufeff${link}\u00a0`, link, false],
  [`\u2068${link}\u2069`, link, false],
  [dashed, dashed, false],
  [`${dashed}.`, dashed, false],
  [link.replace("#", "%23"), link, true],
  [` "${link.replace("#", "%23")}". `, link, true],
  [`https://scan.example/?url=${encodeURIComponent(link)}&data=05%7C01`, link, true],
  [`https://scan.example/?url=${encodeURIComponent(encodeURIComponent(link))}`, link, true],
  [`https://scan.example/v1/${link}`, link, true],
  [`https://scan.example/?a=${link}`, link, true],
  [`https://scan.example/?a=${encodeURIComponent(link.replace("/s/", "/r/"))}`, link.replace("/s/", "/r/"), true],
];

test("pasted links are mended", () => {
  for (const [text, expected, exposed] of mended) assert.deepEqual(mendLink(text), { text: expected, exposed }, text);
});

test("what is not beyond doubt is left for the parser to refuse", async () => {
  const other = link.replace("keys", "other");
  for (const text of [
    "",
    "hello",
    link.slice(0, -1),
    `${link}A`,
    `${link}-`,
    `see ${link} please`,
    `https://scan.example/?a=${encodeURIComponent(link)}&b=${encodeURIComponent(other)}`,
    `https://scan.example/?a=${encodeURIComponent(`${link}A`)}`,
    `https://scan.example/?a=${encodeURIComponent(link.slice(0, -1))}`,
    "https://scan.example/?a=%E0%A4%A",
    link.replace("https", "HTTPS"),
  ]) {
    const { text: left, exposed } = mendLink(text);
    assert.equal(await codeOf(() => parseLink(left)), "malformed-link", text);
    assert.equal(exposed, false, text);
  }
});
