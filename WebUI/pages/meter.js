/**
 * Progress as it is: what is happening, how much of it, how fast, how long still.
 */

import { message, say } from "./messages.js";
import { find } from "./page.js";
import { duration, rate, share, size } from "./units.js";

/** Long enough to be steady, short enough to follow the connection, in milliseconds. */
const WINDOW = 5000;
/** Before that a rate is a guess. */
const SETTLED = 1000;
/** Numbers that change faster cannot be read. */
const REFRESH = 250;

/** Numbers that are read aloud have to leave time to listen, in milliseconds. */
const SPOKEN = 10_000;

/**
 * `limits`: asks for the server's; `asking`: what arrived of an earlier try; `offline`, `busy`: waits for a connection, or
 * because the server asked to.
 * @typedef {import("../keylink/client.js").Progress["phase"] | "limits" | "asking" | "offline" | "busy"} Phase
 */

/** Phases that have no octets to count: the bar only says that something goes on. */
const UNCOUNTED = new Set(["stretching", "waiting", "limits", "asking", "offline", "busy"]);

export class Meter {
  #bar;
  #phase;
  #part;
  #rate;
  #left;
  /** @type {string} */ #current = "";
  /** @type {{at: number, done: number}[]} */ #samples = [];
  #shown = 0;
  #spoken;
  #spokenAt = performance.now();

  /**
   * @param {HTMLElement} root holds `progress`, an element for each of `[data-meter=phase|part|rate|left]`, and perhaps a
   *   live region `[data-meter=spoken]` for who cannot see them
   */
  constructor(root) {
    this.#bar = find(root, "progress", HTMLProgressElement);
    this.#phase = find(root, "[data-meter=phase]", HTMLElement);
    this.#part = find(root, "[data-meter=part]", HTMLElement);
    this.#rate = find(root, "[data-meter=rate]", HTMLElement);
    this.#left = find(root, "[data-meter=left]", HTMLElement);
    this.#spoken = root.querySelector("[data-meter=spoken]");
  }

  /** @type {(progress: {phase: Phase, done: number, total: number | null}) => void} */
  update = ({ phase, done, total }) => {
    const now = performance.now();
    if (phase !== this.#current) this.#begin(phase);
    else if (now - this.#shown < REFRESH && done !== total) return;
    this.#shown = now;
    this.#samples.push({ at: now, done });
    while (this.#samples.length > 2 && now - this.#samples[0].at > WINDOW) this.#samples.shift();
    const speed = this.#speed();
    this.#draw(done, total, speed);
    if (speed && total && now - this.#spokenAt > SPOKEN) this.#speak(done / total, (total - done) / speed);
  };

  /** @param {number} part of all @param {number} seconds that are left */
  #speak(part, seconds) {
    this.#spokenAt = performance.now();
    if (!this.#spoken || UNCOUNTED.has(this.#current)) return;
    say(this.#spoken, "working.spoken", () => ({ part: share(part), time: duration(Math.max(1, Math.round(seconds))) }));
  }

  /** @param {string} phase */
  #begin(phase) {
    this.#current = phase;
    this.#samples = [];
    say(this.#phase, `working.${phase}`);
  }

  /** @returns {number | null} octets a second */
  #speed() {
    const first = this.#samples[0];
    const last = this.#samples[this.#samples.length - 1];
    return last.at - first.at < SETTLED ? null : ((last.done - first.done) / (last.at - first.at)) * 1000;
  }

  /** @param {number} done @param {number | null} total @param {number | null} speed */
  #draw(done, total, speed) {
    const counts = !UNCOUNTED.has(this.#current) && total !== null && total > 0;
    if (counts) this.#bar.value = done / total;
    else this.#bar.removeAttribute("value");
    this.#part.textContent = counts ? message("working.part", { done: size(done), total: size(total) }) : "";
    this.#rate.textContent = counts && speed ? rate(speed) : "";
    this.#left.textContent =
      counts && speed && done < total
        ? message("working.left", { time: duration(Math.max(1, Math.round((total - done) / speed))) })
        : "";
  }
}
