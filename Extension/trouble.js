/**
 * What goes wrong beside the library: a code, and what its sentence needs (notices.js).
 */

import { KeylinkError } from "./keylink/errors.js";

/**
 * @typedef {object} Failure what crosses from document to worker, and rests in `storage.session`
 * @property {string} code
 * @property {number} [limit] octets that the server takes
 * @property {string} [host] that holds a file
 * @property {number} [status] of its answer
 * @property {boolean} [held] what was sealed is still there: another try needs nothing from the page
 */

export class Trouble extends Error {
  /** @param {string} code @param {Omit<Failure, "code">} [details] */
  constructor(code, details = {}) {
    super(code);
    this.code = code;
    this.details = details;
  }
}

/** @param {unknown} error @returns {Failure} */
export function failureOf(error) {
  if (error instanceof Trouble) return { code: error.code, ...error.details };
  return { code: error instanceof KeylinkError ? error.code : "unexpected" };
}
