/**
 * Sealing and storing, so that a lost answer makes neither a loss nor a duplicate (Spec/openapi.yaml, POST /secrets).
 */

import { readCreated } from "./answers.js";
import { fromBase64url, letGo, toBase64url } from "./bytes.js";
import { seal } from "./envelope.js";
import { KeylinkError } from "./errors.js";
import { receiptToken, verifier } from "./header.js";
import { deadline, Patience, problemOf, readJSON, toFailure } from "./http.js";
import { MemoryKeeper } from "./keeping.js";
import { formatLink, formatReceiptLink } from "./link.js";
import { loadSodium, randomBytes } from "./sodium.js";
import { octets } from "./streams.js";

/** @typedef {import("./client.js").Server} Server */
/** @typedef {import("./client.js").Draft} Draft */
/** @typedef {import("./client.js").Shared} Shared */
/** @typedef {import("./client.js").ShareOptions} ShareOptions */
/** @typedef {import("./envelope.js").ItemSource} ItemSource */

/** An upload that moved and then stands still for so long is taken for broken. */
const STALLED_AFTER = 60_000;
/** How often the same octets are sent before the server is believed to refuse them without saying so. */
const MOST_SENDINGS = 5;

/**
 * @param {Server} server
 * @param {ItemSource[]} items
 * @param {ShareOptions} options
 * @returns {Promise<Shared>}
 */
export async function shareItems(server, items, options) {
  try {
    return await shareOnce(server, items, options);
  } catch (error) {
    // The server holds some of these verifiers with another secret. Whatever happened, the answer is to draw anew.
    if (!(error instanceof KeylinkError) || error.code !== "conflict") throw error;
    return await shareOnce(server, items, options);
  }
}

/** @param {Server} server @param {ItemSource[]} items @param {ShareOptions} options @returns {Promise<Shared>} */
async function shareOnce(server, items, options) {
  const { passphrase, maxEnvelopeBytes = Number.POSITIVE_INFINITY, keep, onProgress, onSealed, signal } = options;
  if (passphrase) onProgress?.({ phase: "stretching", done: 0, total: null });
  const sealed = await seal(items, { passphrase, executor: server.executor, signal });
  if (sealed.size !== null && sealed.size > maxEnvelopeBytes) throw new KeylinkError("too-large");
  const keeper = (await keep?.(sealed.size)) ?? new MemoryKeeper();
  const body = await collect(sealed.stream, keeper, maxEnvelopeBytes, (done) =>
    onProgress?.({ phase: "sealing", done, total: sealed.size }),
  );
  const receiptKey = randomBytes(32);
  const sodium = await loadSodium();
  const draft = {
    base: server.base,
    linkKey: toBase64url(sealed.linkKey),
    receiptKey: toBase64url(receiptKey),
    verifiers: {
      link: toBase64url(sealed.linkVerifier),
      access: toBase64url(sealed.accessVerifier),
      receipt: toBase64url(verifier(sodium, receiptToken(sodium, receiptKey))),
    },
  };
  await onSealed?.(draft, body);
  return toShared(draft, await store(server, draft, body, options));
}

/**
 * @param {Server} server @param {Draft} draft @param {Blob} body @param {ShareOptions} options
 * @returns {Promise<Shared>}
 */
export async function shareAgain(server, draft, body, options) {
  const stored = await ask(server, draft, options, new Patience(server.wait, options.signal));
  return toShared(draft, stored ?? (await store(server, draft, body, options)));
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @param {import("./keeping.js").Keeper} keeper
 * @param {number} most octets
 * @param {(done: number) => void} onProgress
 * @returns {Promise<Blob>} of half an envelope nothing stays
 */
async function collect(stream, keeper, most, onProgress) {
  let size = 0;
  try {
    for await (const piece of octets(stream)) {
      size += piece.length;
      if (size > most) throw new KeylinkError("too-large");
      await keeper.write(piece);
      letGo(piece);
      onProgress(size);
    }
    return await keeper.finish();
  } catch (error) {
    await keeper.discard();
    throw error;
  }
}

/**
 * Sends until it is known what became of it: after a lost answer the server is asked first, with an empty body, and gets
 * the same octets again only if it has not stored them.
 * @param {Server} server @param {Draft} draft @param {Blob} body @param {ShareOptions} options
 * @returns {Promise<{id: string, expiresAt: string, views: number}>}
 */
async function store(server, draft, body, options) {
  const patience = new Patience(server.wait, options.signal);
  for (let sendings = 1; ; sendings++) {
    try {
      options.onProgress?.({ phase: "sending", done: 0, total: body.size });
      return await post(server, draft, body, options);
    } catch (error) {
      if (sendings === MOST_SENDINGS) throw error;
      await patience.before(error, { onWait: waiting(options) });
    }
    const stored = await ask(server, draft, options, patience);
    if (stored) return stored;
  }
}

/**
 * What the server has stored under these verifiers.
 * @param {Server} server @param {Draft} draft @param {ShareOptions} options @param {Patience} patience
 * @returns {Promise<{id: string, expiresAt: string, views: number} | null>} null: nothing
 */
async function ask(server, draft, options, patience) {
  for (;;) {
    try {
      return await post(server, draft, new Blob([]), { ...options, onProgress: undefined });
    } catch (error) {
      if (isRefusalOfEmptiness(error)) return null;
      await patience.before(error, { onWait: waiting(options) });
    }
  }
}

/** @param {ShareOptions} options @returns {(error: KeylinkError) => void} tells that there will be another try, and why */
function waiting({ onProgress }) {
  return ({ code }) => onProgress?.({ phase: "waiting", done: 0, total: null, code });
}

/** The verifiers are looked up before all that could be refused so: nothing is stored. @param {unknown} error */
function isRefusalOfEmptiness(error) {
  return error instanceof KeylinkError && [400, 413, 422, 507].includes(error.status ?? 0);
}

/**
 * @param {Server} server @param {Draft} draft @param {Blob} body @param {ShareOptions} options
 * @returns {Promise<{id: string, expiresAt: string, views: number}>}
 */
async function post(server, { verifiers }, body, { ttl, views, onProgress, signal }) {
  const limit = deadline(signal);
  const query = new URLSearchParams();
  if (ttl !== undefined) query.set("ttl", String(ttl));
  if (views !== undefined) query.set("views", String(views));
  if (body.size === 0) limit.within(STALLED_AFTER);
  try {
    const answer = await server.upload({
      url: `${server.base}/api/v1/secrets?${query}`,
      headers: {
        "Content-Type": "application/octet-stream",
        "Keylink-Link-Verifier": verifiers.link,
        "Keylink-Access-Verifier": verifiers.access,
        "Keylink-Receipt-Verifier": verifiers.receipt,
        ...(server.createToken && { Authorization: `Bearer ${server.createToken}` }),
      },
      body,
      signal: limit.signal,
      onProgress(done) {
        limit.within(STALLED_AFTER);
        onProgress?.({ phase: "sending", done, total: body.size });
      },
    });
    if (answer.status !== 201) throw await problemOf(answer);
    return readCreated(await readJSON(answer));
  } catch (error) {
    throw toFailure(error, signal);
  } finally {
    limit.done();
  }
}

/** @param {Draft} draft @param {{id: string, expiresAt: string, views: number}} created @returns {Shared} */
function toShared({ base, linkKey, receiptKey }, { id, expiresAt, views }) {
  return {
    link: formatLink(base, id, fromBase64url(linkKey)),
    receiptLink: formatReceiptLink(base, id, fromBase64url(receiptKey)),
    id,
    expiresAt,
    views,
  };
}

/** @param {Server} server @param {Draft} draft @param {{signal?: AbortSignal}} options @returns {Promise<Shared | null>} */
export async function outcomeOf(server, draft, { signal }) {
  const stored = await ask(server, draft, { signal }, new Patience(server.wait, signal));
  return stored && toShared(draft, stored);
}
