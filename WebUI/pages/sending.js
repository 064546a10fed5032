/**
 * A sharing from the press of the button to its link, over however many tries: what was sealed is kept until it is known
 * to be stored, so that there never are two secrets, and nothing is sealed or sent twice without need.
 */

import { KeylinkError } from "../keylink/errors.js";

/** @typedef {import("../keylink/client.js").Client} Client */
/** @typedef {import("../keylink/client.js").Draft} Draft */
/** @typedef {import("../keylink/client.js").Progress} Progress */
/** @typedef {import("../keylink/client.js").Shared} Shared */
/** @typedef {import("../keylink/client.js").ShareOptions} ShareOptions */

/** @typedef {(progress: {phase: import("./meter.js").Phase, done: number, total: number | null}) => void} Tell */

export class Sending {
  /** @type {{draft: Draft, body: Blob} | null} sealed and sent, and without an answer */
  #sealed = null;
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
    this.#sealed = null;
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
      this.#sealed = null;
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
        this.#sealed = null;
      }
    }
    tell({ phase: "sealing", done: 0, total: null });
    return await client.share(items(), {
      ...options,
      onSealed: (draft, body) => {
        this.#sealed = { draft, body };
      },
    });
  }

  /**
   * What arrived after all, and is not what was wanted in the end, is revoked: its link was never shown. Where that
   * fails it expires like any other.
   * @param {Client} client
   */
  async #takeBack(client) {
    for (const draft of this.#outdated.splice(0)) {
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
