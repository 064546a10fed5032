/**
 * For how long, how often, and by whose leave a secret is shared: what the server's limits have a say in.
 */

import { write } from "./messages.js";
import { byId } from "./page.js";
import { duration } from "./units.js";

/** @typedef {import("../keylink/client.js").Limits} Limits */

/** What people choose from, in seconds, as far as the server allows it; its own greatest and default are added. */
export const EXPIRIES = [300, 900, 3600, 14400, 43200, 86400, 259200, 604800, 1209600, 2592000];

/**
 * @param {HTMLSelectElement} select
 * @param {Set<number>} offered seconds, in any order
 * @param {number} chosen of them @param {number} usual what a form that is set back chooses
 */
export function offerExpiries(select, offered, chosen, usual) {
  const options = [...offered]
    .sort((a, b) => a - b)
    .map((seconds) => {
      const option = new Option("", String(seconds), seconds === usual, seconds === chosen);
      write(option, () => duration(seconds));
      return option;
    });
  select.replaceChildren(...options);
}

export class Terms {
  #expires = byId("expires", HTMLSelectElement);
  #token = byId("token", HTMLInputElement);
  /** Anything but a whole number from 1 to the server's maximum is not `valid`. */
  views = byId("views", HTMLInputElement);

  /** @type {{ttl: number | null, views: number}} */ #usual = { ttl: null, views: 1 };
  /** @type {Limits["ttl"]} until the server has said */ #range = { min: 300, max: 604800, default: 86400 };

  constructor() {
    this.#offer(this.#range);
  }

  /** @param {Limits} limits @param {boolean} lacksToken */
  limit(limits, lacksToken) {
    this.#offer(limits.ttl);
    this.views.max = String(limits.maxViews);
    byId("token-field", HTMLElement).hidden = !(limits.createToken && lacksToken) && this.createToken === undefined;
  }

  /** @param {{ttl: number, views: number}} usual what is chosen unless somebody chooses otherwise, where the server offers it */
  prefer({ ttl, views }) {
    this.#usual = { ttl, views };
    this.views.value = String(views);
    this.#expires.value = "";
    this.#offer(this.#range);
  }

  askForToken() {
    byId("token-field", HTMLElement).hidden = false;
  }

  /** @param {{ttl: number, views: number}} chosen earlier; what the server does not offer any more is left as it is */
  choose({ ttl, views }) {
    this.views.value = String(views);
    this.#expires.value = String(ttl);
    this.#offer(this.#range);
  }

  /** @returns {{ttl: number, views: number}} */
  get chosen() {
    return { ttl: Number(this.#expires.value), views: this.views.valueAsNumber };
  }

  /** @returns {string | undefined} */
  get createToken() {
    return this.#token.value.trim() || undefined;
  }

  /** @param {EventTarget | null} target @returns {boolean} whether that is where the token stands, which is no part of the secret */
  isToken(target) {
    return target === this.#token;
  }

  clear() {
    this.views.value = String(this.#usual.views);
  }

  /** Keeps what is chosen, where it is still offered. @param {Limits['ttl']} ttl */
  #offer(ttl) {
    this.#range = ttl;
    const chosen = Number(this.#expires.value || this.#usual.ttl || ttl.default);
    const known = [...EXPIRIES, ttl.default, ttl.max, this.#usual.ttl ?? ttl.default];
    const offered = new Set(known.filter((seconds) => seconds >= ttl.min && seconds <= ttl.max));
    const pick = offered.has(chosen) ? chosen : ttl.default;
    offerExpiries(this.#expires, offered, pick, ttl.default);
  }
}
