/**
 * What a server answers, checked: a server is not trusted to keep to its own description.
 */

import { fromBase64url } from "./bytes.js";
import { KeylinkError } from "./errors.js";
import { LEAST_ENVELOPE_SIZE, PARAMETERS_SIZE } from "./header.js";
import { isTime } from "./http.js";
import { isId } from "./link.js";

/**
 * @typedef {object} Limits
 * @property {string} version the server's
 * @property {number} maxEnvelopeBytes
 * @property {{min: number, max: number, default: number}} ttl seconds
 * @property {number} maxViews
 * @property {boolean} createToken whether sharing needs one
 */

/**
 * @typedef {"waiting" | "claimed" | "opened" | "expired" | "revoked"} State
 */

/**
 * @typedef {object} Receipt
 * @property {string} id
 * @property {State} state
 * @property {string} createdAt RFC 3339, as all times
 * @property {string} expiresAt
 * @property {string | null} endedAt
 * @property {number} size octets of the envelope
 * @property {number} views
 * @property {number} viewsLeft
 * @property {number} failedClaims
 * @property {{at: string, what: string}[]} events `what`: created, claimed, acknowledged, lapsed, failed, expired, revoked
 */

/** @param {unknown} value @returns {value is number} */
const isCount = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
/** @param {unknown} value @returns {value is number} */
const isPositive = (value) => isCount(value) && value > 0;
/** @param {unknown} value @returns {value is number} */
const isEnvelopeSize = (value) => isCount(value) && value >= LEAST_ENVELOPE_SIZE;
/** Seconds: a century, so that every time to live leads to a date. */
const LONGEST_TTL = 100 * 365 * 86_400;
const states = ["waiting", "claimed", "opened", "expired", "revoked"];

/** @param {...boolean} conditions */
function expect(...conditions) {
  if (!conditions.every(Boolean)) throw new KeylinkError("unexpected-answer");
}

/** @param {any} answer @returns {Limits} */
export function readLimits(answer) {
  const { version, maxEnvelopeBytes, ttl, maxViews, createToken } = answer ?? {};
  expect(typeof version === "string", isEnvelopeSize(maxEnvelopeBytes), isPositive(maxViews));
  expect(typeof createToken === "boolean", [ttl?.min, ttl?.default, ttl?.max].every(isPositive));
  expect(ttl.min <= ttl.default, ttl.default <= ttl.max, ttl.max <= LONGEST_TTL);
  return { version, maxEnvelopeBytes, ttl: { min: ttl.min, max: ttl.max, default: ttl.default }, maxViews, createToken };
}

/** @param {any} answer @returns {{id: string, expiresAt: string, views: number}} */
export function readCreated(answer) {
  const { id, expiresAt, views } = answer ?? {};
  expect(typeof id === "string" && isId(id), isTime(expiresAt), isPositive(views));
  return { id, expiresAt, views };
}

/**
 * @param {any} answer @param {string} id that was asked for
 * @returns {{size: number, expiresAt: string, viewsLeft: number, parameters: Uint8Array}}
 */
export function readLooked(answer, id) {
  const { size, expiresAt, viewsLeft, parameters } = answer ?? {};
  expect(answer?.id === id, isEnvelopeSize(size), isTime(expiresAt), isPositive(viewsLeft));
  return { size, expiresAt, viewsLeft, parameters: readParameterText(parameters) };
}

/** @param {unknown} text base64url @returns {Uint8Array} 48 octets, not yet checked by themselves */
export function readParameterText(text) {
  expect(typeof text === "string" && /^[A-Za-z0-9_-]{64}$/.test(text));
  const bytes = fromBase64url(String(text));
  expect(bytes.length === PARAMETERS_SIZE);
  return bytes;
}

/** @param {any} answer @param {string} id that was asked for @returns {Receipt} */
export function readReceipt(answer, id) {
  const { state, createdAt, expiresAt, endedAt = null, size, views, viewsLeft, failedClaims, events } = answer ?? {};
  expect(answer?.id === id, states.includes(state), isTime(createdAt), isTime(expiresAt));
  expect(endedAt === null || isTime(endedAt), isEnvelopeSize(size), isPositive(views), isCount(failedClaims));
  expect(isCount(viewsLeft), viewsLeft <= views);
  expect(Array.isArray(events) && events.every((event) => isTime(event?.at) && typeof event?.what === "string"));
  return {
    id,
    state,
    createdAt,
    expiresAt,
    endedAt,
    size,
    views,
    viewsLeft,
    failedClaims,
    events: events.map((/** @type {{at: string, what: string}} */ { at, what }) => ({ at, what })),
  };
}
