/**
 * Claiming and opening, so that whatever breaks in between takes no second view (Spec/openapi.yaml, claim).
 */

import { concat, toBase64url } from "./bytes.js";
import { Download } from "./download.js";
import { openWith, unlock } from "./envelope.js";
import { KeylinkError } from "./errors.js";
import { deadline, Patience, remove } from "./http.js";
import { Kept } from "./kept.js";

/** @typedef {import("./client.js").Server} Server */
/** @typedef {import("./client.js").OpenOptions} OpenOptions */
/** @typedef {import("./client.js").Opened} Opened */
/** @typedef {import("./claims.js").HeldClaim} HeldClaim */
/** @typedef {import("./envelope.js").Item} Item */
/** @typedef {import("./header.js").EnvelopeKeys} EnvelopeKeys */

/** How often the claim record is told that the claim is alive. */
const TOUCH_EVERY = 10_000;

/** @typedef {{url: string, authorization: string}} ClaimRequest */

/**
 * @param {Server} server
 * @param {import("./link.js").Link} link
 * @param {import("./header.js").Parameters} parameters checked
 * @param {OpenOptions} options
 * @returns {Promise<Opened>}
 */
export async function openClaim(server, { id, key }, parameters, options) {
  const { passphrase, claims, keep, onProgress, signal } = options;
  if (parameters.needsPassphrase) onProgress?.({ phase: "stretching", done: 0, total: null });
  const keys = await unlock(parameters, key, { passphrase, executor: server.executor, signal });
  const request = {
    url: `${server.base}/api/v1/secrets/${id}/claim`,
    authorization: `Bearer ${toBase64url(concat(keys.linkToken, keys.accessToken))}`,
  };
  const stop = deadline(signal);
  /** @type {Claimed | undefined} */
  let claimed;
  const close = async () => {
    stop.stop();
    stop.done();
    keys.wipe();
    await claimed?.download.close();
    await claimed?.abandon();
    await claimed?.held.release();
  };
  try {
    const hold = () => claims.hold(server.base, id, toBase64url(parameters.bytes));
    claimed = await claim(server, request, hold, onProgress, stop.signal);
    return await begin(server, request, claimed, keys, { keep, onProgress, signal: stop.signal, close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** @typedef {{held: HeldClaim, download: Download, abandon: () => Promise<void>}} Claimed `abandon`: what was kept of half an envelope goes */

/**
 * @param {Server} server @param {ClaimRequest} request @param {() => Promise<HeldClaim>} hold
 * @param {OpenOptions["onProgress"]} onProgress @param {AbortSignal} signal
 * @param {boolean} [anew] under a key that has just been drawn
 * @returns {Promise<Claimed>}
 */
async function claim(server, request, hold, onProgress, signal, anew = false) {
  const held = await hold();
  const headers = { Authorization: request.authorization, "Idempotency-Key": held.record.key };
  const onBreak = () => onProgress?.({ phase: "waiting", done: download.received, total: download.size || null });
  const download = new Download({ fetch: server.fetch, url: request.url, headers, wait: server.wait, signal, onBreak });
  try {
    await download.claim();
    await held.touch();
    return { held, download, abandon: async () => undefined };
  } catch (error) {
    if (isOver(error)) await held.forget();
    await held.release();
    // A claim of another day has run out, and there are views left: this is a new one.
    const again = error instanceof KeylinkError && error.code === "lease-ended" && error.state === "waiting";
    if (!again || anew) throw error;
  }
  return await claim(server, request, hold, onProgress, signal, true);
}

/**
 * @param {Server} server @param {ClaimRequest} request @param {Claimed} claimed @param {EnvelopeKeys} keys
 * @param {Pick<OpenOptions, "keep" | "onProgress"> & {signal: AbortSignal, close: () => Promise<void>}} options
 * @returns {Promise<Opened>}
 */
async function begin(server, request, claimed, keys, { keep, onProgress, signal, close }) {
  const { size } = claimed.download;
  const storing = keep && store(claimed, keys, await keep(size), server);
  const received = watched(claimed, storing, (done) => onProgress?.({ phase: "receiving", done, total: size }));
  const opened = await openWith(received, keys, { size, executor: server.executor, signal });
  let verified = false;
  /** @type {Kept | null} */
  let kept = null;
  async function* items() {
    yield* opened;
    kept = (await storing?.finish()) ?? null;
    verified = true;
  }
  return {
    size,
    items: items(),
    get at() {
      return claimed.held.record.at;
    },
    get kept() {
      return kept;
    },
    async acknowledge() {
      if (!verified) throw new KeylinkError("not-verified");
      await acknowledge(server, request, claimed.held, signal);
      await close();
    },
    close,
  };
}

/** @typedef {{write: (piece: Uint8Array) => Promise<void>, finish: () => Promise<Kept>}} Storing */

/**
 * The octets go to the keeper as they come; what it has becomes the caller's once all of it was verified.
 * @param {Claimed} claimed @param {EnvelopeKeys} keys @param {import("./keeping.js").Keeper} keeper @param {Server} server
 * @returns {Storing}
 */
function store(claimed, keys, keeper, { executor }) {
  const contentKey = keys.contentKey.slice(); // the others are wiped when the items have ended
  claimed.abandon = async () => {
    contentKey.fill(0);
    await keeper.discard();
  };
  return {
    write: (piece) => keeper.write(piece),
    async finish() {
      const envelope = await keeper.finish();
      claimed.abandon = async () => undefined;
      return new Kept(keeper, envelope, { contentKey, chunkSize: keys.parameters.chunkSize }, executor);
    },
  };
}

/**
 * @param {Claimed} claimed @param {Storing | undefined} storing @param {(done: number) => void} onProgress
 * @returns {AsyncGenerator<Uint8Array, void, void>}
 */
async function* watched({ download, held }, storing, onProgress) {
  for await (const piece of download.pieces()) {
    if (Date.now() - held.record.at > TOUCH_EVERY) await held.touch();
    await storing?.write(piece);
    onProgress(download.received);
    yield piece;
  }
}

/** @param {Server} server @param {ClaimRequest} request @param {HeldClaim} held @param {AbortSignal} signal */
async function acknowledge(server, { url, authorization }, held, signal) {
  const headers = { Authorization: authorization, "Idempotency-Key": held.record.key };
  const patience = new Patience(server.wait, signal);
  for (let ended = false; !ended; ) {
    try {
      await remove(server.fetch, { url, headers, signal });
      ended = true;
    } catch (error) {
      ended = isOver(error);
      if (!ended) await patience.before(error, { begun: true });
    }
  }
  await held.forget();
}

/** @type {ReadonlySet<string>} */
const overCodes = new Set(["lease-ended", "claimed", "opened", "expired", "revoked"]);

/**
 * The lease is over, and the record of no more use. Only the server's own word counts: any proxy may answer 410.
 * @param {unknown} error @returns {boolean}
 */
function isOver(error) {
  return error instanceof KeylinkError && overCodes.has(error.code);
}
