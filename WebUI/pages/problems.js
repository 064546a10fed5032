/**
 * From what went wrong to a sentence that says so and what to do next; said anew where the reader changes the language.
 */

import { KeylinkError } from "../keylink/errors.js";
import { hasMessage, message } from "./messages.js";
import { clock, moment } from "./units.js";

/** @typedef {import("./messages.js").Values} Values */

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
 * @param {unknown} error @param {Values | (() => Values)} [values] a function, where Intl makes one of them
 * @returns {() => string}
 */
export function sentence(error, values = {}) {
  const key = `problem.${codeOf(error)}`;
  const when = timeOf(error);
  return () =>
    message(hasMessage(key) ? key : "problem.unexpected", {
      when: when(),
      ...(typeof values === "function" ? values() : values),
    });
}

/**
 * Heading and sentence, for instead of a view.
 * @param {string} code of errors.js, or of address.js @param {unknown} error
 * @param {Values} [values]
 * @returns {{title: () => string, text: () => string}}
 */
export function ending(code, error, values = {}) {
  const key = `ended.${code}`;
  if (!hasMessage(`${key}.text`)) return { title: () => message("ended.other.title"), text: sentence(error, values) };
  // A server that says `opened` but not when is not one whose word can be passed on.
  if (error instanceof KeylinkError && error.status === 410 && error.at === undefined) {
    return ending("unexpected-answer", new KeylinkError("unexpected-answer"));
  }
  const when = timeOf(error);
  return {
    title: () => message(`${key}.title`, { when: when(), ...values }),
    text: () => message(`${key}.text`, { when: when(), ...values }),
  };
}

/**
 * The moment that an answer is about: when it ended, or when to try again.
 * @param {unknown} error @returns {() => string}
 */
function timeOf(error) {
  if (!(error instanceof KeylinkError)) return () => "";
  const { status, at, retryAfter } = error;
  if (status === 410 && at !== undefined) return () => moment(at);
  const then = Date.now() + (retryAfter ?? PATIENCE) * 1000;
  return () => clock(then);
}
