/**
 * The API as far as the library needs it, in memory, with faults to order. The real server has tests of its own; here
 * it is the client that is watched.
 */

import { createHash, randomBytes } from "node:crypto";
import { fromBase64url, toBase64url } from "../../../WebUI/keylink/bytes.js";
import { loadSodium } from "../../../WebUI/keylink/sodium.js";

const sodium = await loadSodium();
const verifierOf = (/** @type {Uint8Array} */ token) => toBase64url(sodium.generichash(32, token));

/**
 * @typedef {object} Secret
 * @property {string} id
 * @property {Record<"link" | "access" | "receipt", string>} verifiers
 * @property {Uint8Array} envelope
 * @property {number} views
 * @property {number} viewsLeft
 * @property {string} state
 * @property {Map<string, string>} claims key to "running" or "ended"
 */

/**
 * What may go wrong, in the order of the requests that it applies to.
 * @typedef {object} Fault
 * @property {string} on "METHOD route", for instance "POST claim"
 * @property {"refuse" | "lose" | "cut" | "stall" | "answer" | "whole"} what the request never arrives; the answer never
 *   comes back; the answer ends after `after` octets; it stands still there; it is `response`; the range is ignored
 * @property {number} [after]
 * @property {() => Response} [response]
 */

export class FakeServer {
  base = "https://keys.example";
  /** @type {Map<string, Secret>} */
  secrets = new Map();
  /** @type {Fault[]} */
  faults = [];
  /** @type {{route: string, headers: Headers, size: number, url: string}[]} every request */
  log = [];
  maxEnvelopeBytes = 2 ** 30;

  /** @type {typeof globalThis.fetch} */
  fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    const { method = "GET", signal } = init;
    const [, , , , id, what] = url.pathname.split("/");
    const route = `${method} ${what ?? (id ? "secret" : url.pathname.split("/")[3])}`;
    const headers = new Headers(init.headers);
    const body = init.body instanceof Blob ? new Uint8Array(await init.body.arrayBuffer()) : new Uint8Array();
    this.log.push({ route, headers: new Headers(headers), size: body.length, url: url.href });
    signal?.throwIfAborted();
    const at = this.faults.findIndex(({ on }) => on === route);
    const [fault] = at === -1 ? [] : this.faults.splice(at, 1);
    if (fault?.what === "refuse") throw new TypeError("connection refused");
    if (fault?.what === "answer" && fault.response) return fault.response();
    if (fault?.what === "whole") headers.delete("Range");
    const answer = this.#answer(route, id, headers, url, body);
    if (fault?.what === "lose") throw new TypeError("connection reset");
    return fault?.what === "cut" || fault?.what === "stall" ? broken(answer, fault, signal) : answer;
  };

  /** @param {string} route */
  count(route) {
    return this.log.filter((entry) => entry.route === route).length;
  }

  /** @param {string} route @param {string} id @param {Headers} headers @param {URL} url @param {Uint8Array} body */
  #answer(route, id, headers, url, body) {
    if (route === "GET limits") return json(200, this.#limits());
    if (route === "POST secrets") return this.#create(headers, url, body);
    const secret = this.secrets.get(id);
    const token = fromBase64url((headers.get("Authorization") ?? "").replace("Bearer ", ""));
    if (route === "GET receipt" || route === "DELETE secret") {
      if (!secret || secret.verifiers.receipt !== verifierOf(token)) return problem(404, "not-found");
      return route === "GET receipt" ? json(200, receiptOf(secret)) : this.#revoke(secret);
    }
    if (!secret || secret.verifiers.link !== verifierOf(token.subarray(0, 32))) return problem(404, "not-found");
    if (route === "GET secret") return this.#look(secret);
    return this.#claim(route, secret, token.subarray(32), headers);
  }

  #limits() {
    const ttl = { min: 60, max: 2592000, default: 86400 };
    return { version: "1.0", maxEnvelopeBytes: this.maxEnvelopeBytes, ttl, maxViews: 100, createToken: false };
  }

  /** @param {Headers} headers @param {URL} url @param {Uint8Array} body */
  #create(headers, url, body) {
    const text = (/** @type {string} */ name) => headers.get(`Keylink-${name}-Verifier`) ?? "";
    const verifiers = { link: text("Link"), access: text("Access"), receipt: text("Receipt") };
    const known = [...this.secrets.values()].filter((secret) =>
      Object.values(secret.verifiers).some((verifier) => Object.values(verifiers).includes(verifier)),
    );
    if (known.length > 0) {
      const same = known[0].verifiers.link === verifiers.link && known[0].verifiers.access === verifiers.access;
      if (!same) return problem(409, "conflict");
      if (known[0].state !== "waiting") return problem(410, known[0].state);
      return json(201, createdOf(known[0]));
    }
    if (body.length < 97) return problem(400, "malformed-envelope");
    if (body.length > this.maxEnvelopeBytes) return problem(413, "too-large");
    const id = toBase64url(randomBytes(16));
    const views = Number(url.searchParams.get("views") ?? 1);
    const secret = { id, verifiers, envelope: body, views, viewsLeft: views, state: "waiting", claims: new Map() };
    this.secrets.set(id, secret);
    return json(201, createdOf(secret));
  }

  /** @param {Secret} secret */
  #look(secret) {
    if (secret.state !== "waiting") return problem(410, secret.state, { at: NOW });
    const { id, envelope, viewsLeft } = secret;
    const parameters = toBase64url(envelope.subarray(0, 48));
    return json(200, { id, size: envelope.length, expiresAt: LATER, viewsLeft, parameters });
  }

  /** @param {Secret} secret */
  #revoke(secret) {
    if (secret.state === "opened") return problem(410, "opened", { at: NOW });
    secret.state = "revoked";
    for (const key of secret.claims.keys()) secret.claims.set(key, "ended");
    return new Response(null, { status: 204 });
  }

  /** @param {string} route @param {Secret} secret @param {Uint8Array} token A @param {Headers} headers */
  #claim(route, secret, token, headers) {
    const key = headers.get("Idempotency-Key") ?? "";
    if (!/^[A-Za-z0-9_-]{22,64}$/.test(key)) return problem(400, "malformed-request");
    const right = secret.verifiers.access === verifierOf(token);
    const claim = secret.claims.get(key);
    if (claim === "ended") {
      if (route === "DELETE claim") return new Response(null, { status: 204 });
      return problem(409, "lease-ended", { state: secret.state });
    }
    if (claim === undefined) {
      if (secret.state !== "waiting") return problem(410, secret.state, { at: NOW });
      if (route !== "POST claim") return problem(409, "no-lease");
      if (!right) return problem(403, "wrong-key");
      secret.claims.set(key, "running");
      secret.viewsLeft -= 1;
      if (secret.viewsLeft === 0) secret.state = "claimed";
    }
    if (!right) return problem(403, "wrong-key");
    if (route === "DELETE claim") {
      this.end(secret, key);
      return new Response(null, { status: 204 });
    }
    return octetsOf(secret.envelope, route === "GET claim" ? headers.get("Range") : null);
  }

  /** @param {Secret} secret @param {string} key */
  end(secret, key) {
    secret.claims.set(key, "ended");
    const running = [...secret.claims.values()].includes("running");
    if (secret.viewsLeft === 0 && !running && secret.state === "claimed") secret.state = "opened";
  }

  /** @returns {Secret} the only one there is */
  get only() {
    const [secret, ...more] = this.secrets.values();
    if (!secret || more.length) throw new Error(`${this.secrets.size} secrets`);
    return secret;
  }
}

const NOW = "2026-03-03T14:02:00Z";
const LATER = "2026-03-04T14:02:00Z";

/** @param {Secret} secret */
const createdOf = ({ id, views }) => ({ id, expiresAt: LATER, views });

/** @param {Secret} secret */
function receiptOf({ id, state, envelope, views, viewsLeft }) {
  const events = [{ at: NOW, what: "created" }];
  const size = envelope.length;
  return { id, state, createdAt: NOW, expiresAt: LATER, endedAt: null, size, views, viewsLeft, failedClaims: 0, events };
}

/** @param {number} status @param {object} body */
const json = (status, body) => Response.json?.(body, { status }) ?? new Response(JSON.stringify(body), { status });

/** @param {number} status @param {string} code @param {object} [more] @param {Record<string, string>} [headers] */
export function problem(status, code, more = {}, headers = {}) {
  const body = JSON.stringify({ type: "about:blank", title: "", status, detail: "", code, ...more });
  return new Response(body, { status, headers: { "Content-Type": "application/problem+json", ...headers } });
}

/** @param {Uint8Array} envelope @param {string | null} range */
function octetsOf(envelope, range) {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  const part = envelope.slice(from);
  const place = range ? { "Content-Range": `bytes ${from}-${envelope.length - 1}/${envelope.length}` } : undefined;
  return new Response(part, { status: range ? 206 : 200, headers: { "Content-Length": String(part.length), ...place } });
}

/**
 * @param {Response} answer @param {Fault} fault @param {AbortSignal | null | undefined} signal
 * @returns {Response} with the headers of a whole answer, and less
 */
function broken(answer, { what, after = 0 }, signal) {
  const whole = answer.arrayBuffer();
  let sent = false;
  const stream = new ReadableStream(
    {
      async pull(controller) {
        // Failing in the same breath would take back what was just sent.
        if (!sent && after > 0) controller.enqueue(new Uint8Array(await whole).subarray(0, after));
        else if (what === "cut") controller.error(new TypeError("terminated"));
        else await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
        sent = true;
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { status: answer.status, headers: answer.headers });
}

/** @param {Uint8Array} bytes */
export const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
