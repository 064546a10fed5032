/**
 * The passphrase of a new secret: typed or drawn by chance, shown or not, and what is to be thought of it.
 */

import { KeylinkError } from "../keylink/errors.js";
import { cautiousBits, drawCharacters, drawWords } from "../keylink/passphrase.js";
import { loadSodium } from "../keylink/sodium.js";
import { say } from "./messages.js";
import { byId, complain } from "./page.js";
import { sentence } from "./problems.js";

/** From so many bits on, the sentence of that name. */
const STRENGTHS = /** @type {const} */ ([
  [64, "create.strength.long"],
  [40, "create.strength.hard"],
  [20, "create.strength.fair"],
  [0, "create.strength.easy"],
]);

export class PassphraseField {
  #input = byId("passphrase", HTMLInputElement);
  #reveal = byId("passphrase-reveal", HTMLButtonElement);
  #strength = byId("passphrase-strength", HTMLElement);
  #problem = byId("passphrase-problem", HTMLElement);
  #changed;
  /** @type {ReadonlySet<string>} */ #words = new Set();

  /** @param {() => void} changed by the reader or by chance */
  constructor(changed) {
    this.#changed = changed;
    this.#input.addEventListener("input", () => void this.#judge());
    this.#reveal.addEventListener("click", () => this.#show(this.#input.classList.contains("masked")));
    byId("generate-words", HTMLButtonElement).addEventListener("click", () =>
      this.#take(async () => drawWords(await allWords())),
    );
    byId("generate-characters", HTMLButtonElement).addEventListener("click", () => this.#take(async () => drawCharacters()));
  }

  /** @returns {string} empty: none */
  get value() {
    return this.#input.value;
  }

  clear() {
    this.#input.value = "";
    this.#strength.textContent = "";
    this.#show(false);
  }

  /** @param {() => Promise<import("../keylink/passphrase.js").Drawn>} draw */
  async #take(draw) {
    try {
      await loadSodium();
      const { text, bits } = await draw();
      this.#input.value = text;
      this.#show(true);
      say(this.#strength, "create.strength.drawn", { bits: Math.floor(bits) });
      complain(this.#problem, "");
      this.#changed();
    } catch (error) {
      complain(this.#problem, sentence(error));
    }
  }

  /** Without the list, which may still be on its way or not to be had, words are taken for what they also are: letters. */
  async #judge() {
    const typed = this.#input.value;
    complain(this.#problem, "");
    if (this.#words.size === 0) this.#words = new Set(await allWords().catch(() => []));
    if (typed !== this.#input.value) return; // typed on meanwhile
    const bits = cautiousBits(typed, this.#words);
    const [, key] = STRENGTHS.find(([least]) => bits >= least) ?? STRENGTHS[STRENGTHS.length - 1];
    if (typed === "") this.#strength.textContent = "";
    else say(this.#strength, key);
  }

  /** @param {boolean} shown */
  #show(shown) {
    this.#input.classList.toggle("masked", !shown);
    say(this.#reveal, shown ? "create.hide" : "create.show");
  }
}

/** 6 KB that most who share never need. @returns {Promise<readonly string[]>} @throws {KeylinkError} `network` */
async function allWords() {
  try {
    return (await import("../keylink/words.js")).words;
  } catch (cause) {
    throw new KeylinkError("network", { cause });
  }
}
