/**
 * What this browser has shared, each with what became of it and what can be done with it. It asks the servers only while
 * somebody looks.
 */

import { KeylinkError } from "../keylink/errors.js";
import { clear, forget, isAlive, isSettled, listOwn, onOwn, refresh, revoke, UNKNOWN } from "../own.js";
import { copies } from "../pages/clipboard.js";
import { say } from "../pages/messages.js";
import { byId, find, stamp } from "../pages/page.js";
import { Refresher } from "../pages/refresher.js";
import { clock, moment } from "../pages/units.js";
import { Question } from "./question.js";

/** @typedef {import("../own.js").Own} Own */

/** How many receipts are asked for at once. */
const AT_ONCE = 4;

export class LinkList {
  #list = byId("own-list", HTMLElement);
  #count;
  /** @type {Map<string, Row>} by receipt address */ #rows = new Map();
  /** @type {Own[]} */ #own = [];
  #refresher = new Refresher(() => void this.#ask());
  #seen = false;

  /** @param {(count: number) => void} count told how many can still be opened */
  constructor(count) {
    this.#count = count;
    const question = new Question(byId("clear-question", HTMLElement), byId("clear", HTMLButtonElement));
    question.asks(clear);
    onOwn(() => void this.#render());
    void this.#render();
  }

  /** @param {boolean} seen whether somebody looks at it */
  follow(seen) {
    if (seen === this.#seen) return;
    this.#seen = seen;
    if (seen) void this.#ask();
    else this.#refresher.stop();
  }

  /** All whose receipts have more to say, a few at a time. */
  async #ask() {
    const before = JSON.stringify(this.#own.map(({ told }) => told?.name));
    const waiting = this.#own.filter((own) => !isSettled(own));
    const work = async () => {
      for (let own = waiting.shift(); own; own = waiting.shift()) await this.#askFor(own);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await this.#render();
    if (!this.#seen) return;
    const next = Math.min(...this.#own.filter((own) => !isSettled(own)).map(({ expiresAt }) => Date.parse(expiresAt)));
    const changed = before !== JSON.stringify(this.#own.map(({ told }) => told?.name));
    if (next < Number.POSITIVE_INFINITY) this.#refresher.lookAgain(changed, next - Date.now());
  }

  /** @param {Own} own */
  async #askFor(own) {
    let answered = true;
    try {
      await refresh(own);
    } catch (error) {
      if (!(error instanceof KeylinkError)) throw error;
      answered = false;
    }
    this.#rows.get(own.receiptLink)?.tellAnswered(answered);
  }

  async #render() {
    this.#own = await listOwn();
    const rows = this.#own.map((own) => [own.receiptLink, this.#rows.get(own.receiptLink) ?? new Row(own)]);
    this.#rows = new Map(/** @type {[string, Row][]} */ (rows));
    for (const own of this.#own) this.#rows.get(own.receiptLink)?.tell(own);
    const elements = [...this.#rows.values()].map(({ element }) => element);
    // What stands there already is not moved: the focus would be lost.
    for (const gone of [...this.#list.children].filter((child) => !elements.includes(child))) gone.remove();
    for (const [at, element] of elements.entries()) {
      if (this.#list.children[at] !== element) this.#list.insertBefore(element, this.#list.children[at] ?? null);
    }
    byId("own-empty", HTMLElement).hidden = elements.length > 0;
    byId("own-foot", HTMLElement).hidden = elements.length === 0;
    this.#count(this.#own.filter(isAlive).length);
  }
}

/** One secret. */
class Row {
  element = stamp("own-link");
  #own;
  #title = find(this.element, "h2", HTMLElement);
  #text = find(this.element, ".told", HTMLElement);
  #failed = find(this.element, ".failed", HTMLElement);
  #stale = find(this.element, ".stale", HTMLElement);
  #answered = true;

  /** @param {Own} own */
  constructor(own) {
    this.#own = own;
    const status = find(this.element, ".done", HTMLElement);
    copies(this.#button("copy"), status, () => this.#own.link ?? "");
    copies(this.#button("copy-passphrase"), status, () => this.#own.passphrase ?? "");
    const receipt = find(this.element, ".receipt", HTMLAnchorElement);
    receipt.href = own.receiptLink;
    say(find(this.element, ".shared", HTMLElement), "extension.own.shared", () => {
      return { when: moment(own.sharedAt), host: new URL(own.base).host };
    });
    const revoking = new Question(find(this.element, ".revoking", HTMLElement), this.#button("revoke"));
    revoking.asks(() => revoke(this.#own));
    const forgetting = new Question(find(this.element, ".forgetting", HTMLElement), this.#button("forget"));
    forgetting.asks(
      () => forget(this.#own),
      () => isAlive(this.#own),
    );
  }

  /** @param {Own} own */
  tell(own) {
    this.#own = own;
    const { told, link, passphrase, views, expiresAt } = own;
    const alive = isAlive(own);
    this.element.classList.toggle("over", !alive);
    const name = !isSettled(own) && !alive ? "due" : (told?.name ?? null);
    const opened = told?.opened ?? 0;
    const values = () => ({ opened, left: told?.viewsLeft ?? views, when: moment(told?.endedAt ?? expiresAt) });
    const key = name === "due" || name === UNKNOWN ? `extension.own.${name}` : `receipt.${name ?? "waiting"}`;
    if (name === null) say(this.#title, "receipt.looking");
    else say(this.#title, `${key}.title`, values);
    say(this.#text, `${key}.text`, values);
    this.#failed.hidden = !alive || !told?.failedClaims;
    if (told?.failedClaims) say(this.#failed, "receipt.failedWarning", { count: told.failedClaims });
    this.#button("copy").hidden = !alive || link === null;
    this.#button("copy-passphrase").hidden = !alive || passphrase === null;
    find(this.element, ".drawn", HTMLElement).hidden = !alive || passphrase === null;
    this.#button("revoke").hidden = !alive;
    this.#tellStale();
  }

  /** @param {boolean} answered whether its server has answered just now */
  tellAnswered(answered) {
    this.#answered = answered;
    this.#tellStale();
  }

  #tellStale() {
    const { told } = this.#own;
    this.#stale.hidden = this.#answered || isSettled(this.#own);
    if (told === null) say(this.#stale, "extension.own.unreached");
    else say(this.#stale, "receipt.stale", () => ({ when: clock(told.at) }));
  }

  /** @param {string} name */
  #button(name) {
    return find(this.element, `button.${name}`, HTMLButtonElement);
  }
}
