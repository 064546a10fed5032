/**
 * What becomes of a secret at the server, once it is open here. The server is told when the reader has it, shortly before
 * the claim's lease would end at the latest (Spec/decisions/0022); that it is gone is said when the server has said so.
 */

import { say } from "./messages.js";
import { byId } from "./page.js";
import { codeOf } from "./problems.js";
import { clock, moment } from "./units.js";

/** The server is told at the latest so long after the claim's last sign of life: a minute of the lease is left for tries. */
const LATEST = 4 * 60_000;
/** How often the time is looked at: what waits for long sleeps with the device. All in milliseconds. */
const EVERY = 5000;

/** @typedef {import("../keylink/client.js").Opened} Opened */
/** @typedef {import("../keylink/client.js").Looked} Looked */

export class Fate {
  /** The server knows: nothing is waited for any more. */
  settled = false;
  #said = byId("fate", HTMLElement);
  #again = byId("confirm-again", HTMLElement);
  #opened;
  #look;

  /** @param {Opened} opened verified whole @param {() => Promise<Looked>} look at what is left under its link */
  constructor(opened, look) {
    this.#opened = opened;
    this.#look = look;
    this.#said.classList.remove("safe");
    byId("opened-card", HTMLElement).classList.remove("burning");
  }

  /**
   * Says what the server is waiting for, waits for it too, and tells the server.
   * @param {import("./contents.js").Contents} contents of what was opened
   * @returns {Promise<void>} once the server knows
   */
  async follow({ had, count: { texts, files } }) {
    const until = this.#opened.at + LATEST;
    const what = files === 0 ? "text" : texts === 0 ? "files" : "both";
    this.#again.hidden = true;
    say(this.#said, `opened.until.${what}`, () => ({ until: clock(until, "short"), count: files }));
    await Promise.race([had, untilTime(until)]);
    while (!(await this.#tell())) await this.#pressed();
    this.settled = true;
    await this.#tellWhatIsLeft();
  }

  /** @returns {Promise<boolean>} whether the server knows now */
  async #tell() {
    const listening = new AbortController();
    const draw = () => say(this.#said, navigator.onLine ? "opened.confirming" : "opened.offline");
    addEventListener("offline", draw, { signal: listening.signal });
    addEventListener("online", draw, { signal: listening.signal });
    draw();
    try {
      await this.#opened.acknowledge();
      return true;
    } catch {
      // Whatever the reason, what is here is whole: it is the server that may keep its part a little longer.
      say(this.#said, "opened.unconfirmed");
      return false;
    } finally {
      listening.abort();
    }
  }

  /** @returns {Promise<void>} the reader wants it to be tried again */
  async #pressed() {
    this.#again.hidden = false;
    await new Promise((resolve) => {
      byId("confirm", HTMLButtonElement).addEventListener("click", resolve, { once: true });
    });
    this.#again.hidden = true;
  }

  /** In the server's own words, since others may be opening it too. */
  async #tellWhatIsLeft() {
    try {
      const { viewsLeft, expiresAt } = await this.#look();
      say(this.#said, "opened.left", () => ({ views: viewsLeft ?? 0, when: moment(expiresAt ?? Date.now()) }));
    } catch (error) {
      const code = codeOf(error);
      const gone = code === "opened" || code === "expired" || code === "revoked";
      say(this.#said, gone ? "opened.gone" : code === "claimed" ? "opened.othersReading" : "opened.confirmed");
      this.#said.classList.toggle("safe", gone);
      byId("opened-card", HTMLElement).classList.toggle("burning", gone);
    }
  }
}

/** @param {number} time Unix milliseconds @returns {Promise<void>} */
function untilTime(time) {
  return new Promise((resolve) => {
    const looking = setInterval(() => {
      if (Date.now() < time) return;
      clearInterval(looking);
      resolve();
    }, EVERY);
  });
}
