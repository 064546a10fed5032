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

/** As a scanner writes it: percent-encoding with hyphens, slashes as underscores. @param {string} address */
const hyphened = (address) =>
  address.replace(/[-_:#]/g, (sign) => `-${sign.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll("/", "_");

/** @type {[string, string, string | null][]} what was pasted, what it becomes, how the key was exposed */
const mended = [
  [link, link, null],
  [`  ${link}\r\n`, link, null],
  [`<${link}>`, link, null],
  [`"${link}"`, link, null],
  [`“${link}”`, link, null],
  [`„${link}“.`, link, null],
  [`»${link}«`, link, null],
  [`'${link}',`, link, null],
  [`(${link}).`, link, null],
  [`[${link}];`, link, null],
  [`\`${link}\``, link, null],
  [`${link}!?`, link, null],
  [`${link}…`, link, null],
  [`「${link}」。`, link, null],
  [`*${link}*`, link, null],
  [`\u200b${link}\u200b\u2060`, link, null],
  [`\ufeff${link}\u00a0`, link, null],
  [`\u2068${link}\u2069`, link, null],
  [dashed, dashed, null],
  [`${dashed}.`, dashed, null],
  [link.replace("#", "%23"), link, "escaped"],
  [` "${link.replace("#", "%23")}". `, link, "escaped"],
  [`https://scan.example/?url=${encodeURIComponent(link)}&data=05%7C01`, link, "wrapped"],
  [`https://scan.example/?url=${encodeURIComponent(encodeURIComponent(link))}`, link, "wrapped"],
  [`https://scan.example/v1/${link}`, link, "wrapped"],
  [`https://scan.example/?a=${link}`, link, "wrapped"],
  [`https://scan.example/?a=${encodeURIComponent(link.replace("/s/", "/r/"))}`, link.replace("/s/", "/r/"), "wrapped"],
  [`https://defence.example/v2/url?u=${hyphened(link)}&d=DwMFaQ&c=euGZ`, link, "wrapped"],
  [`https://defence.example/v2/url?d=DwMFaQ&u=${hyphened(dashed)}`, dashed, "wrapped"],
  [`https://defence.example/v3/__${link.replace("#", "*")}__;Iw!!ABC-def_1!x$`, link, "wrapped"],
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
    assert.equal(exposed, null, text);
  }
});
