/**
 * Passphrases drawn by chance, and a cautious word about those that were not.
 */

import { randomBytes } from "./sodium.js";

/** Small letters and digits but for those that look or sound like another: i l o u, 0 1. As the command draws. */
export const alphabet = "abcdefghjkmnpqrstvwxyz23456789";

const GROUPS = 4;
const GROUP_LENGTH = 4;
const WORDS = 6;

/** @typedef {{text: string, bits: number}} Drawn a passphrase, and how many bits of chance are in it */

/**
 * @param {readonly string[]} words that are all different
 * @param {(below: number) => number} [draw] for tests
 * @returns {Drawn} such as `harbor-violet-…`: six words, each as likely as the next
 */
export function drawWords(words, draw = randomNumber) {
  const drawn = Array.from({ length: WORDS }, () => words[draw(words.length)]);
  return { text: drawn.join("-"), bits: WORDS * Math.log2(words.length) };
}

/**
 * @param {(below: number) => number} [draw] for tests
 * @returns {Drawn} such as `kf3m-9qtw-x2ha-yb7n`
 */
export function drawCharacters(draw = randomNumber) {
  const group = () => Array.from({ length: GROUP_LENGTH }, () => alphabet[draw(alphabet.length)]).join("");
  const text = Array.from({ length: GROUPS }, group).join("-");
  return { text, bits: GROUPS * GROUP_LENGTH * Math.log2(alphabet.length) };
}

/**
 * Each number below as likely as the next: what would favour the smaller ones is drawn again.
 * @param {number} below 1 to 65536
 * @param {(size: number) => Uint8Array} [random]
 * @returns {number}
 */
export function randomNumber(below, random = randomBytes) {
  const fair = 65536 - (65536 % below);
  for (;;) {
    const [high, low] = random(2);
    const number = high * 256 + low;
    if (number < fair) return number % below;
  }
}

/** What people type first when they are asked for a password, beyond the words of the list. */
const FAVOURITES = new Set(
  (
    "password passwort passwd passphrase motdepasse contrasena secret admin root user login letmein welcome master guest " +
    "test hello love iloveyou princess monkey dragon shadow sunshine football baseball superman batman michael ashley " +
    "bailey charlie thomas andrew jessica daniel trustno changeme default access keylink hunter whatever freedom qazwsx " +
    "ninja mustang starwars pokemon cheese summer winter spring autumn monday friday january december berlin london"
  ).split(" "),
);

/** Keys and letters in their order, as fingers run over them. */
const ROWS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm"];
const RUNS = [...ROWS, ...ROWS.map((row) => [...row].reverse().join(""))];

/** How a letter is often written; undone before words are looked for. */
const DISGUISES = new Map(Object.entries({ "@": "a", 4: "a", 3: "e", 1: "i", "!": "i", 0: "o", $: "s", 5: "s", 7: "t" }));

const FAVOURITE_BITS = 6;
const WORD_BITS = 11;
/** A run over the keyboard: where it begins, which way, how long. */
const RUN_BITS = 7;
const YEAR_BITS = 7;
const DAY_BITS = 15;
const DIGIT_BITS = Math.log2(10);
const SIGN_BITS = 4;
/** A sign that was there before: most people keep to one between their words. */
const SIGN_AGAIN_BITS = 1;
/** Letters that are no known word are taken for one of a language, or a name, that the list does not have. */
const STRANGE_BITS = 5;
const STRANGE_LETTER_BITS = 1.5;
const STRANGE_WORD_BITS = 14;
/** No word is longer than that; what is may be no word. */
const LONGEST_WORD = 12;

/**
 * How much chance is in a passphrase that somebody made up, at the least that someone who knows people's habits would
 * reckon with. Cautious: what looks like a word, a name, a date or a run over the keyboard counts as one.
 * @param {string} text
 * @param {ReadonlySet<string>} words of the list
 * @returns {number} bits
 */
export function cautiousBits(text, words) {
  const whole = text.normalize("NFC");
  const unit = repeatedUnit(whole);
  if (unit.length < whole.length) return cautiousBits(unit, words) + Math.log2(whole.length / unit.length);
  const small = whole.toLowerCase();
  let bits = casingBits(whole);
  for (let at = 0; at < small.length; ) {
    const part = partAt(small, at, words);
    bits += part.bits;
    at += part.length;
  }
  return bits;
}

/** @param {string} text @returns {string} the shortest text that it is a repetition of */
function repeatedUnit(text) {
  const again = `${text}${text}`.indexOf(text, 1);
  return again > 0 ? text.slice(0, again) : text;
}

/** A capital in front or all of them is what everybody does. @param {string} text @returns {number} */
function casingBits(text) {
  const capitals = [...text].filter((character) => character !== character.toLowerCase()).length;
  return Math.min(capitals, 4);
}

/**
 * The longest thing of a kind that begins here, the most easily guessed first.
 * @param {string} text in small letters @param {number} at @param {ReadonlySet<string>} words
 * @returns {{length: number, bits: number}}
 */
function partAt(text, at, words) {
  const rest = text.slice(at);
  const word = wordAt(rest, words);
  const run = RUNS.reduce((longest, row) => Math.max(longest, runLength(rest, row)), 0);
  if (run >= 3 && run >= (word?.length ?? 0)) return { length: run, bits: RUN_BITS };
  if (word) return word;
  const [same] = /^(.)\1*/su.exec(rest) ?? [rest];
  if (same.length >= 3) return { length: same.length, bits: SIGN_BITS + Math.log2(same.length) };
  const [digits] = /^\d*/.exec(rest) ?? [""];
  if (digits) return { length: digits.length, bits: digitBits(digits) };
  const [letters] = /^[\p{L}\p{M}]*/u.exec(rest) ?? [""];
  if (letters) return lettersUpToAWord(letters, words);
  return { length: 1, bits: text.slice(0, at).includes(rest[0]) ? SIGN_AGAIN_BITS : SIGN_BITS };
}

/** @param {string} text @param {string} row @returns {number} how far the text follows the row */
function runLength(text, row) {
  const from = row.indexOf(text[0]);
  let length = 0;
  while (from >= 0 && from + length < row.length && text[length] === row[from + length]) length++;
  return length;
}

/** @param {string} text @param {ReadonlySet<string>} words @returns {{length: number, bits: number} | null} */
function wordAt(text, words) {
  const plain = [...text.slice(0, LONGEST_WORD)].map((character) => DISGUISES.get(character) ?? character).join("");
  for (let length = Math.min(LONGEST_WORD, text.length); length >= 3; length--) {
    for (const candidate of [text.slice(0, length), plain.slice(0, length)]) {
      if (FAVOURITES.has(candidate)) return { length, bits: FAVOURITE_BITS };
      if (words.has(candidate)) return { length, bits: WORD_BITS };
    }
  }
  return null;
}

/** @param {string} digits @returns {number} */
function digitBits(digits) {
  const plain = digits.length * DIGIT_BITS;
  if (/^(?:19|20)\d\d$/.test(digits)) return YEAR_BITS;
  return digits.length === 6 || digits.length === 8 ? Math.min(plain, DAY_BITS) : plain;
}

/** @param {string} letters @param {ReadonlySet<string>} words @returns {{length: number, bits: number}} */
function lettersUpToAWord(letters, words) {
  let length = 1;
  while (length < letters.length && !wordAt(letters.slice(length), words)) length++;
  const asWord = Math.min(STRANGE_BITS + length * STRANGE_LETTER_BITS, STRANGE_WORD_BITS);
  return { length, bits: asWord + Math.max(0, length - LONGEST_WORD) * STRANGE_LETTER_BITS };
}
