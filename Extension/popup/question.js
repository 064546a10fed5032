/**
 * Asked, in place, before what cannot be undone; as the receipt page asks.
 */

import { complain, find } from "../pages/page.js";
import { sentence } from "../pages/problems.js";

export class Question {
  #group;
  #button;
  #problem;
  #yes;
  /** @type {() => Promise<void>} */ #act = async () => undefined;

  /** @param {HTMLElement} group with the buttons `no` and `yes`, and a place for what is wrong @param {HTMLButtonElement} button that asks */
  constructor(group, button) {
    this.#group = group;
    this.#button = button;
    this.#problem = find(group, ".problem", HTMLElement);
    this.#yes = find(group, ".yes", HTMLButtonElement);
    find(group, ".no", HTMLButtonElement).addEventListener("click", () => this.#close());
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // it would close the popup
      event.stopPropagation();
      this.#close();
    });
    this.#yes.addEventListener("click", () => void this.#run());
  }

  /** @param {() => Promise<void>} act @param {() => boolean} [needed] whether to ask before */
  asks(act, needed = () => true) {
    this.#act = act;
    this.#button.addEventListener("click", () => {
      if (!needed()) return void act();
      this.#group.hidden = false;
      complain(this.#problem, "");
      find(this.#group, ".no", HTMLButtonElement).focus();
    });
  }

  #close() {
    this.#group.hidden = true;
    this.#button.focus();
  }

  async #run() {
    if (this.#yes.getAttribute("aria-disabled") === "true") return;
    this.#yes.setAttribute("aria-disabled", "true");
    complain(this.#problem, "");
    try {
      await this.#act();
      this.#group.hidden = true;
      find(document, "main > section:not([hidden]) h1", HTMLElement).focus();
    } catch (error) {
      complain(this.#problem, sentence(error));
    } finally {
      this.#yes.removeAttribute("aria-disabled");
    }
  }
}
