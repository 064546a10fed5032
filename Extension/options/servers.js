/**
 * The servers: which of them is shared to, their tokens, and another one, which is asked before it is added.
 */

import { Client, isPrivate, isServer } from "../keylink/client.js";
import { KeylinkError } from "../keylink/errors.js";
import { askLeave, returnLeave } from "../leave.js";
import { label, message, say } from "../pages/messages.js";
import { byId, complain, find, stamp } from "../pages/page.js";
import { MOST_SERVERS, serverFromInput } from "../settings.js";

/** @typedef {import("../settings.js").Settings} Settings */
/** @typedef {import("../settings.js").Server} Server */
/** @typedef {import("../keylink/client.js").Limits} Limits */

export class Servers {
  #list = byId("servers", HTMLElement);
  #address = byId("address", HTMLInputElement);
  #problem = byId("address-problem", HTMLElement);
  #status = byId("address-status", HTMLElement);
  #help = byId("help", HTMLElement);
  #add = byId("add-server", HTMLButtonElement);
  #save;
  #found;
  /** @type {Settings} */ #settings;
  /** @type {Limits | null} of the chosen one */ #limits = null;

  /**
   * @param {(chosen: import("../settings.js").Chosen, field: HTMLElement) => Promise<void>} save
   * @param {(limits: Limits | null) => void} found told what the chosen server takes; null while it has not said
   */
  constructor(save, found) {
    this.#save = save;
    this.#found = found;
    this.#settings = /** @type {any} */ (null); // `tell` comes first
    byId("add", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    byId("allow", HTMLButtonElement).addEventListener("click", () => void this.#allow());
    this.#address.addEventListener("input", () => this.#complain(null));
  }

  /** @param {Settings} settings */
  tell(settings) {
    const before = /** @type {Settings | null} */ (this.#settings);
    const same = JSON.stringify(before?.servers) === JSON.stringify(settings.servers);
    const moved = before !== null && before.base !== settings.base;
    this.#settings = settings;
    const fixed = settings.managed.includes("servers");
    byId("servers-managed", HTMLElement).hidden = !fixed;
    byId("add", HTMLElement).hidden = fixed;
    // Built anew only where there are others now: who types a token there goes on typing.
    if (!same) this.#list.replaceChildren(...settings.servers.map((server) => this.#row(server)));
    for (const radio of this.#list.querySelectorAll("input[type=radio]")) {
      if (radio instanceof HTMLInputElement) radio.checked = radio.value === settings.base;
    }
    if (moved) void this.ask();
  }

  /** Asks the chosen server what it takes. */
  async ask() {
    const { base } = this.#settings;
    const limits = await new Client(base).limits().catch((error) => {
      if (error instanceof KeylinkError) return null; // out of reach now: a share will say so
      throw error;
    });
    if (base !== this.#settings.base) return;
    this.#limits = limits;
    this.#found(limits);
    this.#tellAsking();
  }

  /** @param {Server} server @returns {Element} */
  #row({ base, token }) {
    const row = stamp("server");
    const { servers, managed } = this.#settings;
    const radio = find(row, "input[type=radio]", HTMLInputElement);
    const remove = find(row, ".remove", HTMLButtonElement);
    const field = find(row, "input[type=text]", HTMLInputElement);
    find(row, "bdi", HTMLElement).textContent = base;
    radio.value = base;
    radio.disabled = managed.includes("base");
    radio.addEventListener("change", () => void this.#save({ servers: this.#settings.servers, base }, this.#list));
    label(remove, "extension.options.servers.removeName", { server: base });
    remove.hidden = servers.length < 2 || managed.includes("servers");
    remove.addEventListener("click", () => void this.#remove(base));
    label(field, "extension.options.servers.tokenName", { server: base });
    say(find(row, ".folded .hint", HTMLElement), "extension.options.servers.tokenHint", { server: new URL(base).host });
    // One that an administrator gave is nobody's here to read.
    field.disabled = managed.includes(`token ${base}`);
    field.value = field.disabled ? "" : token;
    find(row, ".managed", HTMLElement).hidden = !field.disabled;
    field.addEventListener("change", () => void this.#setToken(base, field.value.trim()));
    return row;
  }

  /** A server that takes nothing without a token, and has none, is told of where the token is entered. */
  #tellAsking() {
    const { base, token } = this.#settings;
    for (const row of this.#list.children) {
      const own = find(row, "input[type=radio]", HTMLInputElement).value === base;
      const lacks = own && token === "" && this.#limits?.createToken === true;
      complain(
        find(row, ".asks", HTMLElement),
        lacks ? () => message("extension.options.servers.asksToken", { server: base }) : "",
      );
      if (lacks) find(row, "details", HTMLDetailsElement).open = true;
    }
  }

  /** @param {string} base @param {string} token */
  async #setToken(base, token) {
    const servers = this.#settings.servers.map((one) => (one.base === base ? { base, token } : one));
    await this.#save({ servers }, this.#list);
    this.#settings = { ...this.#settings, servers, ...(base === this.#settings.base && { token }) };
    this.#tellAsking();
  }

  /** @param {string} base */
  async #remove(base) {
    const servers = this.#settings.servers.filter((one) => one.base !== base);
    await this.#save({ servers }, this.#list);
    await this.#returnLeave(base, servers);
    this.#address.focus();
  }

  async #submit() {
    const base = serverFromInput(this.#address.value);
    const { servers, saved } = this.#settings;
    this.#complain(null);
    if (!isServer(base)) return this.#complain(() => message("extension.options.servers.address"));
    if (!isPrivate(base)) return this.#complain(() => message("extension.options.servers.insecure"));
    const isKnown = saved && servers.some((one) => one.base === base);
    if (!isKnown && servers.length >= MOST_SERVERS)
      return this.#complain(() => message("extension.options.servers.full", { max: MOST_SERVERS }));
    if (this.#add.getAttribute("aria-disabled") === "true") return;
    this.#add.setAttribute("aria-disabled", "true");
    try {
      // Nothing is waited for before: browsers let a page ask at a click and no later.
      const given = await askLeave([base]);
      // Of one that is in the list the leave may have been what was missing.
      if (isKnown) return this.#complain(() => message("extension.options.servers.known"));
      await this.#check(base, given);
    } finally {
      this.#add.removeAttribute("aria-disabled");
    }
  }

  /** @param {string} base @param {boolean} given whether the browser lets it be reached, whatever the server says to that */
  async #check(base, given) {
    say(this.#status, "extension.options.servers.checking");
    try {
      await this.#keep(base, await new Client(base).limits());
    } catch (error) {
      if (!(error instanceof KeylinkError)) throw error;
      this.#tellFailure(error.code, base, given);
      await this.#returnLeave(base, this.#settings.servers); // it was not added
    }
  }

  /** @param {string} base that is not in the list @param {Server[]} servers that are */
  async #returnLeave(base, servers) {
    await returnLeave(
      base,
      servers.map((one) => one.base),
    );
  }

  /** @param {string} base @param {Limits} limits */
  async #keep(base, limits) {
    const { servers, saved } = this.#settings;
    // As long as nobody has chosen, what stands there is only a guess.
    await this.#save({ servers: [...(saved ? servers : []), { base, token: "" }], base }, this.#list);
    this.#address.value = "";
    say(this.#status, "extension.options.servers.added", { server: base });
    if (limits.createToken) {
      await this.ask();
      const fields = [...this.#list.querySelectorAll("input[type=text]")];
      const field = fields.at(-1);
      if (field instanceof HTMLInputElement) field.focus();
    }
  }

  /** @param {import("../keylink/errors.js").Code} code @param {string} base @param {boolean} given */
  #tellFailure(code, base, given) {
    const host = new URL(base).host;
    if (code !== "network") return this.#complain(() => message("extension.options.servers.notKeylink"));
    if (given) return this.#complain(() => message("extension.options.servers.unanswered"));
    this.#complain(() => message("extension.unanswered", { host }));
    say(byId("allow", HTMLButtonElement), "extension.allow", { host });
    this.#help.hidden = false;
  }

  async #allow() {
    const base = serverFromInput(this.#address.value);
    if (await askLeave([base])) return await this.#submit();
    this.#complain(() => message("extension.refused", { host: new URL(base).host }));
  }

  /** @param {import("../pages/messages.js").Said | null} said null: nothing is wrong any more */
  #complain(said) {
    this.#help.hidden = true;
    this.#status.textContent = "";
    complain(this.#problem, said ?? "");
    if (said === null) return this.#address.removeAttribute("aria-invalid");
    this.#address.setAttribute("aria-invalid", "true");
    this.#address.focus();
  }
}
