/**
 * One kind of error, told apart by its code.
 */

/**
 * What the envelope's reader answers (Spec/envelope.md, Errors).
 * @typedef {'malformed-link' | 'unsupported-version' | 'malformed-header' | 'wrong-link' | 'passphrase-required'
 *   | 'wrong-key' | 'corrupt' | 'malformed-payload'} EnvelopeCode
 */

/**
 * What the server answers (Spec/openapi.yaml).
 * @typedef {'malformed-request' | 'malformed-envelope' | 'missing-token' | 'not-allowed' | 'wrong-key' | 'not-found'
 *   | 'method-not-allowed' | 'too-slow' | 'conflict' | 'lease-ended' | 'no-lease' | 'claimed' | 'opened' | 'expired'
 *   | 'revoked' | 'too-large' | 'unsupported-media-type' | 'range' | 'ttl-out-of-range' | 'views-out-of-range'
 *   | 'too-many-requests' | 'too-many-attempts' | 'internal' | 'shutting-down' | 'storage-unavailable'
 *   | 'storage-full'} ApiCode
 */

/**
 * What this library finds out by itself.
 * @typedef {'network' | 'unexpected-answer' | 'insecure' | 'other-server' | 'in-use' | 'not-verified' | 'source-changed'
 *   | 'malformed-passphrase' | 'out-of-memory' | 'no-room' | 'malformed-encoding'} LibraryCode
 */

/** @typedef {EnvelopeCode | ApiCode | LibraryCode} Code */

/** For logs and developers. What people read is a front end's business, in their language. */
const messages = /** @type {const} */ ({
  "malformed-link": "the link does not parse",
  "unsupported-version": "the envelope is of a version that this library does not know",
  "malformed-header": "the envelope does not begin with a valid header",
  "wrong-link": "the envelope belongs to another link, or its parameters were altered",
  "passphrase-required": "the envelope needs a passphrase",
  "wrong-key": "the passphrase or link key is another",
  corrupt: "the envelope was altered or cut",
  "malformed-payload": "what is to be sealed, or was, breaks a rule of the format",
  "malformed-request": "the server could not read the request",
  "malformed-envelope": "the server did not take this for an envelope",
  "missing-token": "the server asks for a create token",
  "not-allowed": "the server does not accept this create token",
  "not-found": "the server knows no such secret, or not by this link",
  "method-not-allowed": "the server does not offer this call",
  "too-slow": "the transfer was too slow for the server",
  conflict: "the server holds another secret under one of these verifiers",
  "lease-ended": "the time for this claim is over",
  "no-lease": "the server knows no such claim",
  claimed: "the secret is being opened by somebody",
  opened: "the secret was opened before",
  expired: "the secret has expired",
  revoked: "the secret was revoked by its sender",
  "too-large": "the envelope is larger than the server takes",
  "unsupported-media-type": "the server refused the media type",
  range: "the server has no such range of the envelope",
  "ttl-out-of-range": "the server does not keep secrets for that long, or that short",
  "views-out-of-range": "the server does not allow that many views",
  "too-many-requests": "the server asks to wait before the next request",
  "too-many-attempts": "too many wrong keys; the server asks to wait before the next",
  internal: "the server failed",
  "shutting-down": "the server is shutting down",
  "storage-unavailable": "the server cannot reach its storage",
  "storage-full": "the server's storage is full",
  network: "the server could not be reached, or the connection broke",
  "unexpected-answer": "the answer is not one that a Keylink server gives",
  insecure: "plain http to a host that is not this machine",
  "other-server": "the link belongs to another server",
  "in-use": "the secret is being opened in another tab",
  "not-verified": "the secret has not been read to its verified end",
  "source-changed": "the data does not have the size that was announced",
  "malformed-passphrase": "the passphrase is not well-formed Unicode",
  "out-of-memory": "there is not enough memory to stretch the passphrase",
  "no-room": "there is no room on this device to keep what arrives",
  "malformed-encoding": "text is not in the one form that its encoding allows",
});

/** @type {ReadonlySet<string>} what a server may name in a problem document; `wrong-key` stands in both tables */
export const apiCodes = new Set(
  (
    "wrong-key malformed-request malformed-envelope missing-token not-allowed not-found method-not-allowed too-slow " +
    "conflict lease-ended no-lease claimed opened expired revoked too-large unsupported-media-type range " +
    "ttl-out-of-range views-out-of-range too-many-requests too-many-attempts internal shutting-down " +
    "storage-unavailable storage-full"
  ).split(" "),
);

/** Neither message nor cause ever holds a link, key, passphrase, name or content. */
export class KeylinkError extends Error {
  /**
   * @param {Code} code
   * @param {{status?: number, retryAfter?: number, at?: string, state?: string, cause?: unknown}} [details]
   */
  constructor(code, { status, retryAfter, at, state, cause } = {}) {
    super(messages[code], cause === undefined ? undefined : { cause });
    this.name = "KeylinkError";
    /** @type {Code} */
    this.code = code;
    /** @type {number | undefined} HTTP status, where a server answered */
    this.status = status;
    /** @type {number | undefined} seconds until another try makes sense */
    this.retryAfter = retryAfter;
    /** @type {string | undefined} RFC 3339: since when the secret is as `code` says */
    this.at = at;
    /** @type {string | undefined} the secret's state, with `lease-ended` */
    this.state = state;
  }
}
