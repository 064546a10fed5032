/**
 * What is to be shared, and how: the form's fields as one. It knows neither where the page lies nor what follows.
 */

import { textItem } from "../keylink/client.js";
import { envelopeSize } from "../keylink/envelope.js";
import { KeylinkError } from "../keylink/errors.js";
import { MOST_ITEMS } from "../keylink/payload.js";
import { FileChooser } from "./files.js";
import { message, say } from "./messages.js";
import { byId, complain, find } from "./page.js";
import { PassphraseField } from "./passphrase.js";
import { Terms } from "./terms.js";
import { size } from "./units.js";

/** @typedef {import("../keylink/client.js").Limits} Limits */
/** @typedef {import("../keylink/envelope.js").ItemSource} ItemSource */

/** From this part of the server's limit on, a text alone is measured in front of its writer too. */
const WORTH_TELLING = 0.5;

/** What the form itself finds wrong, and in which field where it is one. */
export class Refusal extends Error {
  /** @param {import("./messages.js").Said} said @param {HTMLElement | null} [field] */
  constructor(said, field = null) {
    super("refused");
    this.said = said;
    this.field = field;
  }
}

export class ShareForm {
  #form = byId("form", HTMLFormElement);
  #text = byId("secret", HTMLTextAreaElement);
  #measure = byId("measure", HTMLElement);
  #problem = byId("compose-problem", HTMLElement);
  #submit;
  #files;
  #passphrase;
  #terms = new Terms();
  /** @type {Limits | null} */ #limits = null;
  #onChange;

  /**
   * @param {{onSubmit: () => void, onChange: () => void}} listeners `onChange`: what is shared, or how, is another now;
   *   not for the create token, which is no part of it
   */
  constructor({ onSubmit, onChange }) {
    this.#onChange = onChange;
    this.#submit = find(this.#form, "button[type=submit]", HTMLButtonElement);
    const changed = () => this.#changed();
    this.#files = new FileChooser(changed, () => this.#form.closest("[hidden]") === null);
    this.#passphrase = new PassphraseField(changed);
    this.#form.addEventListener("input", (event) => (this.#terms.isToken(event.target) ? this.complain("") : changed()));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSubmit();
    });
    this.#text.addEventListener("keydown", (event) => {
      // Enter alone is a new line of the secret.
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
  }

  /** @param {Limits} limits @param {boolean} [lacksToken] asks for the create token, if the server does */
  limit(limits, lacksToken = true) {
    this.#limits = limits;
    this.#terms.limit(limits, lacksToken);
    this.#tellSize();
  }

  /** What the reader is used to: until something else is chosen. @param {{ttl: number, views: number}} terms */
  prefer(terms) {
    this.#terms.prefer(terms);
    this.#onChange();
  }

  /** Draws a passphrase, as its button does. @param {"words" | "characters"} kind @returns {Promise<void>} */
  drawPassphrase(kind) {
    return this.#passphrase.draw(kind);
  }

  /** @returns {string} the passphrase, where it was drawn here; empty otherwise */
  get drawnPassphrase() {
    return this.#passphrase.isDrawn ? this.#passphrase.value : "";
  }

  /** @returns {string} */
  get text() {
    return this.#text.value;
  }

  /**
   * What was typed into a page that is gone.
   * @param {{text: string, passphrase: string, drawn: boolean, ttl: number, views: number}} typed
   */
  restore({ text, passphrase, drawn, ttl, views }) {
    this.#text.value = text;
    this.#passphrase.restore(passphrase, drawn);
    this.#terms.choose({ ttl, views });
    this.#tellSize();
  }

  /** @returns {number | null} null while what stands there is no number of views */
  get views() {
    return this.#terms.views.validity.valid ? this.#terms.chosen.views : null;
  }

  /** @returns {boolean} whether nothing would be lost with it */
  get isEmpty() {
    return this.#text.value === "" && this.#files.count === 0;
  }

  /** @returns {string} */
  get passphrase() {
    return this.#passphrase.value;
  }

  /** @returns {string | undefined} */
  get createToken() {
    return this.#terms.createToken;
  }

  /** @returns {{ttl: number, views: number, passphrase: string | undefined}} */
  get options() {
    return { ...this.#terms.chosen, passphrase: this.#passphrase.value || undefined };
  }

  /** @returns {ItemSource[]} @throws {KeylinkError} `malformed-payload` for a text that is not well-formed */
  items() {
    return [...(this.#text.value === "" ? [] : [textItem(this.#text.value)]), ...this.#files.items()];
  }

  /** What needs no server to be refused. @throws {Refusal} */
  checkContent() {
    if (this.isEmpty) throw new Refusal(() => message("create.empty"));
    if (this.#files.count >= MOST_ITEMS) throw new Refusal(() => message("create.tooMany", { max: MOST_ITEMS - 1 })); // and a text
  }

  /** @throws {Refusal} where it goes beyond the server's limits */
  checkLimits() {
    if (!this.#limits) return;
    const { maxViews, maxEnvelopeBytes } = this.#limits;
    const { views } = this.#terms;
    if (!views.validity.valid) throw new Refusal(() => message("create.viewsRange", { max: maxViews }), views);
    if (this.#sealedSize() > maxEnvelopeBytes) throw new Refusal(() => message("create.overLimit"));
  }

  /** @param {import("./messages.js").Said} said empty: nothing is wrong any more */
  complain(said) {
    complain(this.#problem, said);
  }

  /** Says it, and leads to the field where it is one, out of the fold where it lies in one. @param {Refusal} refusal */
  refuse({ said, field }) {
    this.complain(said);
    if (!field) return;
    const fold = field.closest("details");
    if (fold) fold.open = true;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  askForToken() {
    this.#terms.askForToken();
  }

  /** @param {boolean} busy the button waits; it keeps the focus, so it is not disabled */
  wait(busy) {
    if (busy) this.#submit.setAttribute("aria-disabled", "true");
    else this.#submit.removeAttribute("aria-disabled");
  }

  /** @param {boolean} again the next press goes on with what an earlier one began */
  name(again) {
    say(this.#submit, again ? "again" : "create.submit");
  }

  focus() {
    this.#text.focus();
  }

  clear() {
    this.#text.value = "";
    this.#passphrase.clear();
    this.#files.clear();
    this.#tellSize();
  }

  /** As it was when the page came up, for another secret. */
  reset() {
    this.clear();
    this.#terms.clear();
    byId("more", HTMLDetailsElement).open = false;
    this.#changed();
  }

  #changed() {
    this.complain("");
    this.name(false);
    this.#terms.views.removeAttribute("aria-invalid");
    this.#tellSize();
    this.#onChange();
  }

  /** @returns {number} octets that all of it takes when sealed, padding included; 0 where it cannot be sealed at all */
  #sealedSize() {
    try {
      return envelopeSize(this.items()) ?? 0;
    } catch (error) {
      if (error instanceof KeylinkError) return 0; // sealing will say why
      throw error;
    }
  }

  #tellSize() {
    const limit = this.#limits?.maxEnvelopeBytes ?? Number.POSITIVE_INFINITY;
    const sealed = this.#sealedSize();
    this.#measure.hidden = limit === Number.POSITIVE_INFINITY || (this.#files.count === 0 && sealed < limit * WORTH_TELLING);
    this.#measure.classList.toggle("over", sealed > limit);
    if (sealed > limit) say(this.#measure, "create.tooLarge", () => sizes(sealed, limit));
    else say(this.#measure, "create.sealedSize", () => sizes(sealed, limit));
  }
}

/** @param {number} sealed @param {number} limit octets @returns {{size: string, limit: string, excess: string}} */
function sizes(sealed, limit) {
  return { size: size(sealed), limit: size(limit), excess: size(Math.max(0, sealed - limit)) };
}
