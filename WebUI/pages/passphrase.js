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
  /** Of as many lines as it takes, so that all of what is drawn can be read; it holds one all the same. */
  #input = byId("passphrase", HTMLTextAreaElement);
  #reveal = byId("passphrase-reveal", HTMLButtonElement);
  #strength = byId("passphrase-strength", HTMLElement);
  #problem = byId("passphrase-problem", HTMLElement);
  #changed;
  #drawn = "";
  /** @type {ReadonlySet<string>} */ #words = new Set();

  /** @param {() => void} changed by the reader or by chance */
  constructor(changed) {
    this.#changed = changed;
    this.#input.addEventListener("input", () => {
      if (/[\r\n]/.test(this.#input.value)) this.#input.value = this.#input.value.replace(/[\r\n]/g, "");
      void this.#judge();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#input.form?.requestSubmit();
    });
    this.#reveal.addEventListener("click", () => this.#show(this.#input.classList.contains("masked")));
    byId("generate-words", HTMLButtonElement).addEventListener("click", () => void this.draw("words"));
    byId("generate-characters", HTMLButtonElement).addEventListener("click", () => void this.draw("characters"));
  }

  /** @returns {string} empty: none */
  get value() {
    return this.#input.value;
  }

  /** @returns {boolean} whether it stands there as it was drawn */
  get isDrawn() {
    return this.#drawn !== "" && this.#input.value === this.#drawn;
  }

  clear() {
    this.restore("", false);
  }

  /** @param {string} passphrase @param {boolean} drawn by chance, earlier */
  restore(passphrase, drawn) {
    this.#input.value = passphrase;
    this.#drawn = drawn ? passphrase : "";
    this.#strength.textContent = "";
    this.#show(drawn);
  }

  /** @param {"words" | "characters"} kind @returns {Promise<void>} once it stands there, or why not is said */
  async draw(kind) {
    try {
      await loadSodium();
      const { text, bits } = kind === "words" ? drawWords(await allWords()) : drawCharacters();
      this.#input.value = text;
      this.#drawn = text;
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
