import assert from "node:assert/strict";
import { test } from "node:test";
import { alphabet, cautiousBits, drawCharacters, drawWords, randomNumber } from "../../WebUI/keylink/passphrase.js";
import { loadSodium } from "../../WebUI/keylink/sodium.js";
import { words } from "../../WebUI/keylink/words.js";

await loadSodium();
const list = new Set(words);
const bits = (/** @type {string} */ text) => cautiousBits(text, list);

test("the list: 2,048 plain words, told apart by their first four letters, in order", () => {
  assert.equal(words.length, 2048);
  for (const word of words) assert.match(word, /^[a-z]{3,8}$/);
  assert.equal(new Set(words.map((word) => word.slice(0, 4))).size, 2048);
  assert.deepEqual(words, [...words].sort());
});

test("generated ones are of the list, or of the alphabet, and say their exact entropy", () => {
  const { text, bits: ofWords } = drawWords(words);
  assert.equal(ofWords, 66);
  assert.equal(text.split("-").length, 6);
  assert.ok(text.split("-").every((word) => list.has(word)));
  const drawn = drawCharacters();
  assert.match(drawn.text, /^[a-hj-km-np-tv-z2-9]{4}(?:-[a-hj-km-np-tv-z2-9]{4}){3}$/);
  assert.equal(drawn.bits.toFixed(1), "78.5");
  assert.equal(new Set(alphabet).size, 30);
  for (const lookalike of "ilou01") assert.ok(!alphabet.includes(lookalike));
});

test("every word and every character can be drawn", () => {
  for (const [at, word] of words.entries()) assert.equal(drawWords(words, () => at).text.split("-")[0], word);
  for (const [at, character] of [...alphabet].entries()) assert.equal(drawCharacters(() => at).text[0], character);
});

test("numbers are uniform: exactly as many pairs of octets lead to each, and the rest is drawn again", () => {
  for (const below of [1, 7, 30, 2048, 65536]) {
    const counts = new Uint32Array(below);
    let again = 0;
    for (let pair = 0; pair < 65536; pair++) {
      let draws = 0;
      const number = randomNumber(below, () => (draws++ === 0 ? Uint8Array.of(pair >> 8, pair & 255) : Uint8Array.of(0, 0)));
      if (draws === 1) counts[number]++;
      else again++;
    }
    assert.equal(new Set(counts).size, 1, `below ${below}`);
    assert.equal(again, 65536 % below);
  }
});

test("what comes out is spread evenly: chi squared over 30,000 characters", () => {
  const counts = new Map([...alphabet].map((character) => [character, 0]));
  const draws = 30_000;
  for (let at = 0; at < draws; at += 16) {
    for (const character of drawCharacters().text.replaceAll("-", "")) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  assert.equal(counts.size, alphabet.length);
  const expected = draws / alphabet.length;
  const chi = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chi < 100, `29 degrees of freedom, and chi squared is ${chi}`); // by chance once in 10^9
});

test("what everybody types is worth next to nothing, however it is dressed up", () => {
  for (const typed of [
    ...["password", "Password", "P@ssw0rd", "PASSWORD", "harbor", "dragon", "123456", "1234567890", "qwerty", "qwertz"],
    ...["aaaaaaaa", "asdfgh", "zyxwvu", "0000", "abcabcabc", "passwordpassword", "2026", "a", "zebra"],
  ]) {
    assert.ok(bits(typed) < 16, `${typed}: ${bits(typed)}`);
  }
});

test("a word with a year, a sign or a date is not much better", () => {
  for (const typed of ["Summer2026!", "password1!", "Berlin1987", "24.12.2026", "Passwort123", "monkey!!!", "Anna1990"]) {
    assert.ok(bits(typed) < 32, `${typed}: ${bits(typed)}`);
  }
});

test("longer, stranger and drawn ones are worth more, and never more than is in them", () => {
  assert.ok(bits("correct horse battery staple") >= 36);
  const drawn = drawWords(words);
  assert.ok(bits(drawn.text) <= drawn.bits + 5 * 4, "the signs between the words are no chance, but little");
  assert.ok(bits(drawn.text) > 50);
  assert.ok(bits("xK9#vQ2$mL7&wR4!") > 50);
  assert.ok(bits("vier lustige Pinguine tanzen Walzer im Keller") > 50);
  assert.equal(bits(""), 0);
});

test("it is something from the first character on, and the same composed otherwise", () => {
  const typed = "Lærke-37 sang über Ost";
  for (let length = 1; length <= typed.length; length++) {
    assert.ok(bits(typed.slice(0, length)) > 0);
  }
  assert.equal(bits("Zoé".normalize("NFD")), bits("Zoé".normalize("NFC")));
});
