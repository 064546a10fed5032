/**
 * A Keylink server, spoken to over fetch: share, look, open, receipt, revoke (Spec/openapi.yaml).
 *
 * Whatever fails throws a KeylinkError whose `code` is the table's name (errors.js), or the signal's reason where
 * `signal` said so. sharing.js and opening.js hold the two longer ways.
 */

import { readLimits, readLooked, readParameterText, readReceipt } from "./answers.js";
import { toBase64url } from "./bytes.js";
import { checkParameters } from "./envelope.js";
import { KeylinkError } from "./errors.js";
import { defaultExecutor } from "./executor.js";
import { linkToken, receiptToken } from "./header.js";
import { call, remove, wait } from "./http.js";
import { isBase, parseLink, parseReceiptLink } from "./link.js";
import { openClaim } from "./opening.js";
import { outcomeOf, shareAgain, shareItems } from "./sharing.js";
import { loadSodium } from "./sodium.js";
import { uploadWithFetch } from "./upload.js";

export { fileItem, textItem } from "./envelope.js";

/** @typedef {import("./answers.js").Limits} Limits */
/** @typedef {import("./answers.js").Receipt} Receipt */
/** @typedef {import("./claims.js").ClaimRecord} ClaimRecord */
/** @typedef {import("./claims.js").ClaimStore} ClaimStore */

/**
 * @typedef {object} Progress
 * @property {"stretching" | "sealing" | "sending" | "receiving" | "waiting"} phase `waiting`: the connection broke, the
 *   next try follows
 * @property {number} done octets of the phase
 * @property {number | null} total octets, where they are known
 * @property {import("./errors.js").Code} [code] what is waited for: `network`, or what the server said
 */

/**
 * @typedef {object} Shared
 * @property {string} link
 * @property {string} receiptLink
 * @property {string} id
 * @property {string} expiresAt RFC 3339
 * @property {number} views
 */

/**
 * A sharing under way, enough to ask the server what became of it (`outcome`). Holds the link key: memory or
 * `storage.session` only.
 * @typedef {object} Draft
 * @property {string} base
 * @property {string} linkKey base64url
 * @property {string} receiptKey base64url
 * @property {{link: string, access: string, receipt: string}} verifiers base64url
 */

/**
 * @typedef {object} ShareOptions
 * @property {number} [ttl] seconds; the server's default otherwise
 * @property {number} [views] 1 otherwise
 * @property {string} [passphrase]
 * @property {number} [maxEnvelopeBytes] from `limits()`: refuse `too-large` before or while sealing, and send nothing
 * @property {(size: number | null) => Promise<import("./keeping.js").Keeper>} [keep] where the envelope rests until it is sent,
 *   given its octets as far as they are known; as Blobs otherwise. Whoever gives a keeper discards it in the end
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(draft: Draft, body: Blob) => void | Promise<void>} [onSealed] awaited before the first octet leaves; both
 *   together are enough to send the same again (`shareAgain`)
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} Looked
 * @property {string} id
 * @property {number | null} size octets of the envelope; null where only the claim record is left
 * @property {string | null} expiresAt RFC 3339
 * @property {number | null} viewsLeft
 * @property {Uint8Array} parameters 48 octets, checked against the link
 * @property {boolean} needsPassphrase
 * @property {ClaimRecord | null} claim a claim of this client that has begun: `open` goes on with it and takes no
 *   further view
 */

/**
 * @typedef {object} OpenOptions
 * @property {ClaimStore} claims where the claim is noted, durably, before it is made
 * @property {string} [passphrase]
 * @property {Looked} [looked] from `look`; looked anew otherwise
 * @property {(size: number) => Promise<import("./keeping.js").Keeper>} [keep] where the envelope is to rest, so that its
 *   items can be read again after it was acknowledged; asked for once the claim is made
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal] also ends what `Opened` has begun
 */

/**
 * @typedef {object} Opened
 * @property {number} size octets of the envelope
 * @property {AsyncGenerator<import("./envelope.js").Item, void, void>} items `for await`; read each item's stream before
 *   the next
 * @property {import("./kept.js").Kept | null} kept once `items` has ended well, where `keep` was given: the caller's to close
 * @property {number} at Unix milliseconds of the claim's last sign of life, as its record has it
 * @property {() => Promise<void>} acknowledge "it arrived whole and is safe with me": ends the lease, and with the last
 *   one the secret. Only after `items` has ended well, else it throws `not-verified`. May be called again after `network`.
 * @property {() => Promise<void>} close gives up for now: stops the download, frees the keys; the claim record stays,
 *   and `open` goes on within the lease. Always call it where `acknowledge` was not reached.
 */

/**
 * @typedef {object} ClientOptions
 * @property {typeof globalThis.fetch} [fetch]
 * @property {string} [createToken] where the server asks for one
 * @property {import("./upload.js").Upload} [upload] how the envelope is sent; `uploadWithXHR` tells of progress, the
 *   default (fetch) tells when it is done
 * @property {import("./executor.js").Executor} [executor]
 * @property {import("./http.js").Wait} [wait] between tries; tests bring their own
 * @property {boolean} [allowInsecure] plain http to a host that is not loopback
 */

/** @typedef {Required<Pick<ClientOptions, "fetch" | "upload" | "executor" | "wait">> & {base: string, createToken?: string}} Server */

export class Client {
  /** @type {Server} */
  #server;

  /**
   * @param {string} base scheme, host, port and path prefix, no trailing slash: what stands before `/s/` in its links
   * @param {ClientOptions} [options]
   * @throws {KeylinkError} `malformed-link` for a base that no link could have, `insecure` for plain http elsewhere
   */
  constructor(base, options = {}) {
    if (!isServer(base)) throw new KeylinkError("malformed-link");
    if (!options.allowInsecure && !isPrivate(base)) throw new KeylinkError("insecure");
    // Called without `this`, which browsers insist on.
    const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    const { upload = uploadWithFetch(fetch), executor = defaultExecutor(), createToken } = options;
    this.#server = { base, fetch, upload, executor, wait: options.wait ?? wait, createToken };
  }

  /** @returns {string} */
  get base() {
    return this.#server.base;
  }

  /** @param {{signal?: AbortSignal}} [options] @returns {Promise<Limits>} */
  async limits({ signal } = {}) {
    return readLimits(await this.#get("/api/v1/limits", {}, signal));
  }

  /**
   * Seals and stores. A lost answer is asked for again under the same verifiers; what is sent twice is the same octets.
   * @param {Iterable<import("./envelope.js").ItemSource>} items
   * @param {ShareOptions} [options]
   * @returns {Promise<Shared>}
   */
  async share(items, options = {}) {
    return await shareItems(this.#server, [...items], options);
  }

  /**
   * Sends what `share` has sealed and could not bring to its end. The server is asked first, and gets the same octets under
   * the same verifiers only if it has not stored them: however often this is called, there is one secret.
   * @param {Draft} draft @param {Blob} body from `onSealed`
   * @param {ShareOptions} [options] `ttl` and `views` count only if it is not stored yet
   * @returns {Promise<Shared>}
   */
  async shareAgain(draft, body, options = {}) {
    if (draft.base !== this.base) throw new KeylinkError("other-server");
    return await shareAgain(this.#server, draft, body, options);
  }

  /**
   * What became of a sharing whose answer was lost, for instance with the service worker that waited for it.
   * @param {Draft} draft
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<Shared | null>} null: not stored; share anew
   */
  async outcome(draft, options = {}) {
    if (draft.base !== this.base) throw new KeylinkError("other-server");
    return await outcomeOf(this.#server, draft, options);
  }

  /**
   * Burns nothing.
   * @param {string} link
   * @param {{claims?: ClaimStore, signal?: AbortSignal}} [options]
   * @returns {Promise<Looked>}
   * @throws {KeylinkError} `not-found`; `claimed`, `opened`, `expired`, `revoked` with `at`; `wrong-link`
   */
  async look(link, { claims, signal } = {}) {
    const { id, key } = this.#ours(parseLink(link));
    const claim = (await claims?.get(this.base, id)) ?? null;
    const found = await this.#lookOrRemember(id, key, claim, signal);
    const { needsPassphrase } = await checkParameters(found.parameters, key);
    return { id, claim, needsPassphrase, ...found };
  }

  /**
   * Claims and opens. A wrong passphrase (`wrong-key`) takes no view; the server counts it.
   * @param {string} link
   * @param {OpenOptions} options
   * @returns {Promise<Opened>}
   * @throws {KeylinkError} `passphrase-required`, `wrong-key`, `too-many-attempts` with `retryAfter`, `in-use` (another
   *   tab is at it), and those of `look`
   */
  async open(link, options) {
    const parsed = this.#ours(parseLink(link));
    const looked = options.looked ?? (await this.look(link, options));
    return await openClaim(this.#server, parsed, await checkParameters(looked.parameters, parsed.key), options);
  }

  /** @param {string} receiptLink @param {{signal?: AbortSignal}} [options] @returns {Promise<Receipt>} */
  async receipt(receiptLink, { signal } = {}) {
    const { id, key } = this.#ours(parseReceiptLink(receiptLink));
    const headers = bearer(receiptToken(await loadSodium(), key));
    return readReceipt(await this.#get(`/api/v1/secrets/${id}/receipt`, headers, signal), id);
  }

  /** Resolves once the octets are gone. @param {string} receiptLink @param {{signal?: AbortSignal}} [options] */
  async revoke(receiptLink, { signal } = {}) {
    const { id, key } = this.#ours(parseReceiptLink(receiptLink));
    const headers = bearer(receiptToken(await loadSodium(), key));
    const url = `${this.base}/api/v1/secrets/${id}`;
    await remove(this.#server.fetch, { url, headers, signal });
  }

  /**
   * Once a claim has begun the server has nothing more to look at: then the claim's own record says what it was.
   * @param {string} id @param {Uint8Array} key @param {ClaimRecord | null} claim @param {AbortSignal} [signal]
   * @returns {Promise<Pick<Looked, "size" | "expiresAt" | "viewsLeft" | "parameters">>}
   */
  async #lookOrRemember(id, key, claim, signal) {
    try {
      const headers = bearer(linkToken(await loadSodium(), key));
      return readLooked(await this.#get(`/api/v1/secrets/${id}`, headers, signal), id);
    } catch (error) {
      const running = error instanceof KeylinkError && (error.code === "claimed" || error.code === "expired");
      if (!claim || !running) throw error;
      return { size: null, expiresAt: null, viewsLeft: null, parameters: readParameterText(claim.parameters) };
    }
  }

  /** @param {string} path @param {Record<string, string>} headers @param {AbortSignal} [signal] @returns {Promise<unknown>} */
  #get(path, headers, signal) {
    return call(this.#server.fetch, { method: "GET", url: this.base + path, headers, signal });
  }

  /** @param {import("./link.js").Link} link @returns {import("./link.js").Link} */
  #ours(link) {
    if (link.base !== this.base) throw new KeylinkError("other-server");
    return link;
  }
}

/** @param {Uint8Array} token @returns {Record<string, string>} */
const bearer = (token) => ({ Authorization: `Bearer ${toBase64url(token)}` });

/**
 * What a link can begin with, and a browser takes for an address: `https://10.0.0.256` is only the first.
 * @param {string} base @returns {boolean}
 */
export const isServer = (base) => isBase(base) && URL.canParse(base);

/** TLS, or a host that is this very machine. @param {string} base @returns {boolean} */
export function isPrivate(base) {
  const { protocol, hostname } = new URL(base);
  return protocol === "https:" || /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
