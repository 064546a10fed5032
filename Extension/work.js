/**
 * Shares: reads, seals, sends, and tells how far it is. Runs in the offscreen document, or in the event page of a browser
 * that has none (workplace.js), for as long as it takes.
 */

import { arriving, fromBase64 } from "./arrival.js";
import { Client, fileItem, textItem } from "./keylink/client.js";
import { envelopeSize } from "./keylink/envelope.js";
import { KeylinkError } from "./keylink/errors.js";
import { keeperFor } from "./keylink/keeping.js";
import { uploadWithXHR } from "./keylink/upload.js";
import { waitForConnection } from "./pages/connection.js";
import { failureOf, Trouble } from "./trouble.js";

/** @typedef {import("./keylink/client.js").Draft} Draft */
/** @typedef {import("./keylink/client.js").Shared} Shared */
/** @typedef {import("./keylink/client.js").Progress} Progress */
/** @typedef {import("./keylink/envelope.js").ItemSource} ItemSource */

/**
 * What is shared: a text; octets that are here, in base64; or a file that a page sends over the port that is named for the share.
 * @typedef {{kind: "text", text: string} | {kind: "octets", base64: string, type: string, name: string}
 *   | {kind: "file", address: string, otherwise: string}} Content `otherwise`: its name, where it has none
 */

/**
 * @typedef {object} Job
 * @property {string} id of the share
 * @property {string} base @property {string} token
 * @property {number} ttl @property {number} views
 * @property {string | null} passphrase
 * @property {Content | null} content null where it was too large to outlast the worker that had it
 * @property {Draft | null} draft where it was sent already, by a document that is gone
 * @property {boolean} begins false where a later worker goes on with it
 */

/**
 * What is told of a share.
 * @typedef {{id: string} & ({draft: Draft} | {shared: Shared} | {failed: import("./trouble.js").Failure}
 *   | {reached: Reached})} Told
 * @typedef {{phase: "reading" | "sending" | "waiting", done: number, total: number | null, name: string}} Reached
 */

/** Below this any server takes the envelope; above it is asked first, rather than sending what it will refuse. */
const SURELY_SMALL = 65_536;

/** The library tries for minutes; who has just clicked wants to hear sooner, and can ask for another try. Milliseconds. */
const PATIENCE = 6_000;

/** Between two words about how far it is, in milliseconds. */
const TOLD_EVERY = 500;

/** So many small ones are sent at once; a server counts uploads. */
const LANES = 4;

/** @type {Map<string, AbortController>} what is being done here */
const running = new Map();

/** @type {Map<string, (port: chrome.runtime.Port) => void>} who waits for a file out of a page */
const expected = new Map();

/** @type {Map<string, {draft: Draft, body: Blob, discard: () => Promise<void>}>} sealed and not yet stored */
const sealed = new Map();

/**
 * @param {Job} job
 * @param {(told: Told) => Promise<void>} tell resolves once it is certain to be remembered
 * @returns {Promise<void>} once its end has been told; at once where it is being done already
 */
export async function run(job, tell) {
  const { id, content } = job;
  if (running.has(id)) return;
  const abort = new AbortController();
  running.set(id, abort);
  const isFile = content?.kind === "file";
  const share = () => attempt(job, tell, abort.signal);
  try {
    const shared = isFile ? await share() : await navigator.locks.request(`lane ${running.size % LANES}`, share);
    await giveUp(id);
    await tell({ id, shared });
  } catch (error) {
    if (abort.signal.aborted) return; // nobody waits for it any more
    const held = isFile && sealed.has(id);
    if (!held) await giveUp(id);
    await tell({ id, failed: { ...failureOf(error), held } });
  } finally {
    running.delete(id);
    expected.delete(id);
  }
}

/** @param {string} id @returns {Promise<void>} */
export async function stop(id) {
  running.get(id)?.abort();
  await giveUp(id);
}

/** Takes a page's port for the share that waits for it. @param {chrome.runtime.Port} port */
export function receive(port) {
  const take = expected.get(port.name.replace(/^file:/, ""));
  if (take) take(port);
  else port.disconnect();
}

/** A document without focus may not use navigator.clipboard; a selected field may be copied. @param {string} text */
export function copy(text) {
  const field = document.createElement("textarea");
  document.body.append(field);
  field.value = text;
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}

/** @param {string} id */
async function giveUp(id) {
  const kept = sealed.get(id);
  sealed.delete(id);
  await kept?.discard();
}

/** @param {Job} job @param {(told: Told) => Promise<void>} tell @param {AbortSignal} signal @returns {Promise<Shared>} */
async function attempt(job, tell, signal) {
  const { id, base, token, draft, content } = job;
  const client = new Client(base, { upload: uploadWithXHR, createToken: token || undefined, wait: waitForConnection });
  const hurried = hurry(signal);
  try {
    const held = sealed.get(id);
    if (held) return await client.shareAgain(held.draft, held.body, optionsOf(job, "", tell, signal));
    const stored = draft && (await client.outcome(draft, { signal: hurried.at() }));
    if (stored) return stored;
    if (content === null || (content.kind === "file" && !job.begins)) throw new Trouble("interrupted");
    return await (content.kind === "file"
      ? shareFile(client, job, content, tell, signal)
      : shareSmall(client, job, itemOf(content), tell, hurried));
  } finally {
    hurried.done();
  }
}

/**
 * A signal that fires too where waiting takes longer than somebody who has just clicked would wait.
 * @param {AbortSignal} signal
 */
function hurry(signal) {
  const controller = new AbortController();
  const pass = () => controller.abort(signal.reason);
  signal.addEventListener("abort", pass, { once: true });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return {
    signal: controller.signal,
    at() {
      timer ??= setTimeout(() => controller.abort(new Trouble("network")), PATIENCE);
      return controller.signal;
    },
    done() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/**
 * @param {Client} client @param {Job} job @param {ItemSource} item
 * @param {(told: Told) => Promise<void>} tell @param {ReturnType<typeof hurry>} hurried
 */
async function shareSmall(client, job, item, tell, hurried) {
  const { ttl, views, passphrase } = job;
  const size = envelopeSize([item]) ?? 0;
  const limit = size > SURELY_SMALL ? (await client.limits({ signal: hurried.at() })).maxEnvelopeBytes : undefined;
  if (limit !== undefined && size > limit) throw new Trouble("tooLarge", { limit });
  hurried.done();
  return await client.share([item], {
    ttl,
    views,
    passphrase: passphrase ?? undefined,
    signal: hurried.signal,
    onSealed: (draft) => tell({ id: job.id, draft }),
    onProgress: ({ phase }) => {
      if (phase === "waiting") hurried.at();
    },
  });
}

/**
 * Whether the server takes it at all is asked before the page is.
 * @param {Client} client @param {Job} job @param {Extract<Content, {kind: "file"}>} content
 * @param {(told: Told) => Promise<void>} tell @param {AbortSignal} signal
 */
async function shareFile(client, job, content, tell, signal) {
  // A page's first words may come before the server's: they are listened for from the moment that there is a port.
  const arrived = portOf(job.id, signal).then((port) => arriving(port, content.address, content.otherwise));
  try {
    return await sealFile(client, job, arrived, tell, signal);
  } finally {
    // The page need not send what nobody takes; of what was taken, or is gone, nothing is left to cancel.
    arrived.then(({ item }) => item.stream().cancel()).catch(() => undefined);
  }
}

/**
 * @param {Client} client @param {Job} job @param {ReturnType<typeof arriving>} arrived
 * @param {(told: Told) => Promise<void>} tell @param {AbortSignal} signal
 */
async function sealFile(client, job, arrived, tell, signal) {
  arrived.catch(() => undefined); // awaited below: not unhandled in the meantime
  const { maxEnvelopeBytes: limit, createToken } = await client.limits({ signal }).catch((error) => {
    throw error instanceof KeylinkError && error.code === "network" ? new Trouble("again") : error;
  });
  if (createToken && !job.token) throw new KeylinkError("missing-token");
  const { item, size } = await arrived;
  if (size !== null && (envelopeSize([{ ...item, size }]) ?? 0) > limit) throw new Trouble("tooLarge", { limit });
  const options = optionsOf(job, item.name ?? "", tell, signal, size);
  /** @type {import("./keylink/keeping.js").Keeper | null} */
  let keeper = null;
  try {
    return await client.share([item], {
      ...options,
      maxEnvelopeBytes: limit,
      keep: async () => {
        keeper = await keeperFor(size ?? Number.POSITIVE_INFINITY);
        return keeper;
      },
      onSealed: async (draft, body) => {
        sealed.set(job.id, { draft, body, discard: async () => keeper?.discard() });
        await tell({ id: job.id, draft });
      },
    });
  } catch (error) {
    throw error instanceof KeylinkError && error.code === "too-large" ? new Trouble("tooLarge", { limit }) : error;
  }
}

/** @param {string} id @param {AbortSignal} signal @returns {Promise<chrome.runtime.Port>} of the page that has the file */
function portOf(id, signal) {
  return new Promise((resolve, reject) => {
    expected.set(id, resolve);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/**
 * For what takes long: tells how far it is, but not at every octet.
 * @param {Job} job @param {string} name @param {(told: Told) => Promise<void>} tell @param {AbortSignal} signal
 * @param {number | null} [size] of the file, where it is known
 * @returns {import("./keylink/client.js").ShareOptions}
 */
function optionsOf({ id, ttl, views, passphrase }, name, tell, signal, size = null) {
  let last = 0;
  let told = "";
  const onProgress = (/** @type {Progress} */ { phase, done, total }) => {
    const named = phase === "sealing" ? "reading" : phase === "sending" || phase === "waiting" ? phase : null;
    if (named === null || (named === told && Date.now() - last < TOLD_EVERY)) return;
    last = Date.now();
    told = named;
    // Of what is read the envelope's octets are known, which are a few more than the file's.
    const whole = named === "reading" ? size : total;
    void tell({ id, reached: { phase: named, done: whole === null ? done : Math.min(done, whole), total: whole, name } });
  };
  return { ttl, views, passphrase: passphrase ?? undefined, signal, onProgress };
}

/** @param {Exclude<Content, {kind: "file"}>} content @returns {ItemSource} */
function itemOf(content) {
  if (content.kind === "text") return textItem(content.text);
  const { base64, type, name } = content;
  return fileItem(Object.assign(new Blob([/** @type {BlobPart} */ (fromBase64(base64))], { type }), { name }));
}
