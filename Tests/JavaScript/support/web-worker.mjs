/**
 * The browser's `Worker` over node's worker_threads, for the library's own worker files.
 */

import { Worker as Thread } from "node:worker_threads";

const start = (/** @type {string} */ url) => `
  const { parentPort } = require("node:worker_threads");
  globalThis.self = globalThis;
  globalThis.postMessage = (message, { transfer } = {}) => parentPort.postMessage(message, transfer);
  const waiting = [];
  const take = (data) => (self.onmessage ? self.onmessage({ data }) : waiting.push(data));
  parentPort.on("message", take);
  import(${JSON.stringify(url)}).then(() => waiting.splice(0).forEach(take));
`;

/** @type {Set<WebWorker>} all that run */
export const running = new Set();

export class WebWorker {
  /** @type {((event: {data: any}) => void) | null} */
  onmessage = null;
  /** @type {((event: {message: string}) => void) | null} */
  onerror = null;
  #thread;

  /** @param {string} url */
  constructor(url) {
    this.#thread = new Thread(start(url), { eval: true });
    this.#thread.on("message", (data) => this.onmessage?.({ data }));
    this.#thread.on("error", ({ message }) => this.onerror?.({ message }));
    this.#thread.on("exit", () => running.delete(this));
    running.add(this);
  }

  /** @param {any} message @param {any[]} [transfer] */
  postMessage(message, transfer) {
    this.#thread.postMessage(message, transfer);
  }

  terminate() {
    running.delete(this);
    return this.#thread.terminate();
  }
}
