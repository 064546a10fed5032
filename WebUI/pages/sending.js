/**
 * A sharing from the press of the button to its link, over however many tries: what was sealed is kept until it is known
 * to be stored, so that there never are two secrets, and nothing is sealed or sent twice without need.
 */

import { KeylinkError } from "../keylink/errors.js";
import { keeperFor, MemoryKeeper } from "../keylink/keeping.js";

/** @typedef {import("../keylink/client.js").Client} Client */
/** @typedef {import("../keylink/client.js").Draft} Draft */
/** @typedef {import("../keylink/keeping.js").Keeper} Keeper */
/** @typedef {import("../keylink/client.js").Progress} Progress */
/** @typedef {import("../keylink/client.js").Shared} Shared */
/** @typedef {import("../keylink/client.js").ShareOptions} ShareOptions */

/** @typedef {(progress: {phase: import("./meter.js").Phase, done: number, total: number | null}) => void} Tell */

export class Sending {
  /** @type {{draft: Draft, body: Blob} | null} sealed and sent, and without an answer */
  #sealed = null;
  /** @type {Keeper | null} where what was sealed rests meanwhile */
  #keeper = null;
  /** @type {Draft[]} of what was changed after it had been sent without an answer */
  #outdated = [];
  /** @type {AbortController | null} while it runs */
  #running = null;

  /** @returns {boolean} */
  get isRunning() {
    return this.#running !== null;
  }

  stop() {
    this.#running?.abort();
  }

  /** Something else is wanted now: the next try seals anew. */
  change() {
    if (this.#running) return;
    if (this.#sealed) this.#outdated.push(this.#sealed.draft);
    void this.#forget();
  }

  /** Sent earlier, without an answer, by a page that is gone: not wanted any more. @param {Draft} draft */
  supersede(draft) {
    this.#outdated.push(draft);
  }

  /**
   * All that a press of the button begins, one at a time; `stop` ends it.
   * @template Result
   * @param {(signal: AbortSignal) => Promise<Result>} work
   * @returns {Promise<Result>}
   */
  async run(work) {
    const abort = new AbortController();
    this.#running = abort;
    try {
      return await work(abort.signal);
    } finally {
      this.#running = null;
    }
  }

  /**
   * Within `run`.
   * @param {Client} client
   * @param {() => import("../keylink/envelope.js").ItemSource[]} items asked for where it has to be sealed
   * @param {ShareOptions & {signal: AbortSignal}} options without those that are set here
   * @param {Tell} tell
   * @returns {Promise<Shared>} of what was sealed first, if an earlier try arrived after all
   */
  async send(client, items, options, tell) {
    let isSending = false;
    const onProgress = told((progress) => {
      isSending = progress.phase === "sending";
      tell(progress);
    });
    // Octets that are under way may still find their way; if they do, sending says so.
    const offline = () => isSending && tell({ phase: "offline", done: 0, total: null });
    addEventListener("offline", offline);
    try {
      const shared = await this.#try(client, items, { ...options, onProgress }, tell);
      void this.#forget();
      void this.#takeBack(client);
      return shared;
    } finally {
      removeEventListener("offline", offline);
    }
  }

  /**
   * @param {Client} client @param {() => import("../keylink/envelope.js").ItemSource[]} items @param {ShareOptions} options
   * @param {Tell} tell
   */
  async #try(client, items, options, tell) {
    if (this.#sealed) {
      tell({ phase: "asking", done: 0, total: null });
      try {
        return await client.shareAgain(this.#sealed.draft, this.#sealed.body, options);
      } catch (error) {
        // The server holds one of these verifiers with another secret: everything is drawn anew.
        if (!(error instanceof KeylinkError) || error.code !== "conflict") throw error;
        await this.#forget();
      }
    }
    tell({ phase: "sealing", done: 0, total: null });
    const share = (/** @type {(size: number) => Promise<Keeper>} */ keeperOf) =>
      client.share(items(), {
        ...options,
        keep: async (size) => {
          await this.#forget();
          this.#keeper = await keeperOf(size ?? Number.POSITIVE_INFINITY);
          return this.#keeper;
        },
        onSealed: async (draft, body) => {
          this.#sealed = { draft, body };
          await options.onSealed?.(draft, body);
        },
      });
    try {
      return await share(keeperFor);
    } catch (error) {
      if (!(error instanceof KeylinkError) || error.code !== "no-room") throw error;
      return await share(async () => new MemoryKeeper()); // the disk is full; perhaps it fits there
    }
  }

  /** Also what rests on the disk of it. */
  async #forget() {
    const keeper = this.#keeper;
    this.#sealed = null;
    this.#keeper = null;
    await keeper?.discard();
  }

  /**
   * What arrived after all, and is not what was wanted in the end, is revoked: its link was never shown. Where that
   * fails it expires like any other.
   * @param {Client} client
   */
  async #takeBack(client) {
    for (const draft of this.#outdated.splice(0)) {
      if (draft.base !== client.base) continue; // it expires
      try {
        const stored = await client.outcome(draft);
        if (stored) await client.revoke(stored.receiptLink);
      } catch (error) {
        if (!(error instanceof KeylinkError)) throw error;
      }
    }
  }
}

/**
 * Says why it waits: for the connection, for the next try, or because the server asked to.
 * @param {Tell} tell @returns {(progress: Progress) => void}
 */
function told(tell) {
  return ({ phase, done, total, code }) => tell({ phase: phase === "waiting" ? reason(code) : phase, done, total });
}

/** @param {Progress["code"]} code @returns {"offline" | "waiting" | "busy"} */
function reason(code) {
  if (!navigator.onLine) return "offline";
  return code === "network" || code === "too-slow" ? "waiting" : "busy";
}
