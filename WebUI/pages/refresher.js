/**
 * Looks again by itself: soon after something changed, ever more seldom while nothing does, and never while nobody sees
 * the page. Coming back to it looks at once.
 */

/** Between two looks, in milliseconds. */
const SOONEST = 5_000;
const LATEST = 120_000;
const SLOWER = 1.5;

export class Refresher {
  #look;
  #wait = SOONEST;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #on = false;

  /** @param {() => void} look has to call `lookAgain` or `stop` in the end */
  constructor(look) {
    this.#look = look;
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("online", () => this.#seen());
  }

  /**
   * @param {boolean} changed whether the last look found something new
   * @param {number} [within] milliseconds after which something is bound to be new
   */
  lookAgain(changed, within = Infinity) {
    this.#wait = changed ? SOONEST : Math.min(LATEST, this.#wait * SLOWER);
    this.#on = true;
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(this.#look, Math.min(this.#wait, Math.max(SOONEST, within)));
  }

  stop() {
    this.#on = false;
    clearTimeout(this.#timer);
  }

  #seen() {
    clearTimeout(this.#timer);
    if (!this.#on || document.hidden) return;
    this.#wait = SOONEST;
    this.#look();
  }
}
