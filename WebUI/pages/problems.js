/**
 * From what went wrong to a sentence that says so and what to do next.
 */

import { KeylinkError } from "../keylink/errors.js";
import { hasMessage, message } from "./messages.js";
import { clock, moment } from "./units.js";

/** Where a server asks to wait but does not say how long, in seconds. */
const PATIENCE = 30;

/** @param {unknown} error @returns {boolean} whether the reader stopped it */
export const wasStopped = (error) => error instanceof DOMException && error.name === "AbortError";

/**
 * @param {unknown} error
 * @returns {string} a code of errors.js, or `unexpected`
 */
export function codeOf(error) {
  if (error instanceof KeylinkError) return error.code;
  // A file that was moved, changed or closed to the browser since it was chosen.
  if (error instanceof DOMException && ["NotFoundError", "NotReadableError"].includes(error.name)) return "source-changed";
  return "unexpected";
}

/**
 * One sentence, for beside a form.
 * @param {unknown} error @param {import('./messages.js').Values} [values]
 * @returns {string}
 */
export function sentence(error, values = {}) {
  const key = `problem.${codeOf(error)}`;
  return message(hasMessage(key) ? key : "problem.unexpected", { ...times(error), ...values });
}

/**
 * Heading and sentence, for instead of a view.
 * @param {string} code of errors.js, or of address.js @param {unknown} error
 * @param {import('./messages.js').Values} [values]
 * @returns {{title: string, text: string}}
 */
export function ending(code, error, values = {}) {
  const known = { ...times(error), ...values };
  const key = `ended.${code}.text`;
  if (!hasMessage(key)) return { title: message("ended.other.title"), text: sentence(error, values) };
  // A server that says `opened` but not when is not one whose word can be passed on.
  if (error instanceof KeylinkError && error.status === 410 && error.at === undefined) {
    return ending("unexpected-answer", new KeylinkError("unexpected-answer"));
  }
  return { title: message(`ended.${code}.title`, known), text: message(key, known) };
}

/** @param {unknown} error @returns {import('./messages.js').Values} */
function times(error) {
  if (!(error instanceof KeylinkError)) return {};
  if (error.status === 410 && error.at !== undefined) return { when: moment(error.at) };
  return { when: clock(Date.now() + (error.retryAfter ?? PATIENCE) * 1000) };
}
