/**
 * What comes of sharing: the link in every form that it can be passed on, and, apart from it, the passphrase and the receipt.
 */

import { copies } from "./clipboard.js";
import { label, say } from "./messages.js";
import { byId, complain, find, stamp } from "./page.js";
import { codeOf, sentence, wasStopped } from "./problems.js";
import { moment } from "./units.js";

/** @typedef {import("../keylink/client.js").Shared} Shared */

export class Result {
  #link = byId("link", HTMLTextAreaElement);
  #receipt = byId("receipt", HTMLTextAreaElement);
  #open = byId("open-receipt", HTMLAnchorElement);
  #problem = byId("shared-problem", HTMLElement);
  #code = byId("qr", HTMLElement);
  #codeButton = byId("show-qr", HTMLButtonElement);
  #passphrase = byId("passphrase-place", HTMLElement);
  #taken = true;
  /** Called when the link has been put somewhere. */
  onTaken = () => {};

  constructor() {
    const taken = () => this.#take();
    for (const field of [this.#link, this.#receipt]) field.addEventListener("focus", () => field.select());
    this.#link.addEventListener("copy", taken);
    copies(byId("copy-link", HTMLButtonElement), byId("link-copied", HTMLElement), () => this.#link.value, taken);
    copies(byId("copy-receipt", HTMLButtonElement), byId("receipt-copied", HTMLElement), () => this.#receipt.value);
    const share = byId("share-link", HTMLButtonElement);
    share.hidden = typeof navigator.share !== "function";
    share.addEventListener("click", () => void this.#share());
    this.#codeButton.addEventListener("click", () => void this.#toggleCode());
  }

  /** @returns {boolean} whether the link has been put somewhere; whoever leaves before that loses it */
  get taken() {
    return this.#taken;
  }

  #take() {
    this.#taken = true;
    this.onTaken();
  }

  /** @param {Shared} shared @param {string} passphrase empty: none */
  present({ link, receiptLink, views, expiresAt }, passphrase) {
    this.#link.value = link;
    this.#receipt.value = receiptLink;
    this.#open.href = receiptLink;
    say(byId("terms", HTMLElement), "shared.terms", () => ({ views, when: moment(expiresAt) }));
    if (passphrase !== "") this.#passphrase.replaceChildren(passphraseCard(passphrase));
    this.#taken = false;
  }

  clear() {
    for (const field of [this.#link, this.#receipt]) field.value = "";
    for (const id of ["link-copied", "receipt-copied"]) byId(id, HTMLElement).textContent = "";
    this.#open.removeAttribute("href");
    this.#passphrase.replaceChildren();
    this.#hideCode();
    complain(this.#problem, "");
    byId("receipt-fold", HTMLDetailsElement).open = false;
    this.#taken = true;
  }

  /** The link alone: what else a program might put beside it, it would put into other people's chats. */
  async #share() {
    complain(this.#problem, "");
    try {
      await navigator.share({ url: this.#link.value });
      this.#take();
    } catch (error) {
      if (wasStopped(error)) return; // closed without sharing
      say(this.#problem, "shared.notShared");
      this.#problem.hidden = false;
    }
  }

  async #toggleCode() {
    complain(this.#problem, "");
    if (!this.#code.hidden) return this.#hideCode();
    try {
      const { drawQR } = await import("./qr.js");
      const picture = await drawQR(this.#link.value);
      label(picture, "shared.qrName");
      find(this.#code, "div", HTMLElement).replaceChildren(picture);
    } catch (error) {
      // Scripts that cannot be fetched fail as a TypeError.
      if (error instanceof TypeError || codeOf(error) === "network") say(this.#problem, "shared.qrOffline");
      else complain(this.#problem, sentence(error));
      this.#problem.hidden = false;
      return;
    }
    this.#code.hidden = false;
    this.#nameCode(true);
    this.#take();
    this.#code.scrollIntoView({ block: "nearest" });
  }

  #hideCode() {
    find(this.#code, "div", HTMLElement).replaceChildren();
    this.#code.hidden = true;
    this.#nameCode(false);
  }

  /** @param {boolean} shown */
  #nameCode(shown) {
    this.#codeButton.setAttribute("aria-expanded", String(shown));
    say(find(this.#codeButton, "span", HTMLElement), shown ? "shared.qrHide" : "shared.qr");
  }
}

/** @param {string} passphrase @returns {Element} */
function passphraseCard(passphrase) {
  const card = stamp("shared-passphrase");
  const field = find(card, "textarea", HTMLTextAreaElement);
  field.value = passphrase;
  field.addEventListener("focus", () => field.select());
  copies(find(card, "button", HTMLButtonElement), find(card, "[role=status]", HTMLElement), () => passphrase);
  return card;
}
