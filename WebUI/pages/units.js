/**
 * Sizes, rates, spans and moments as the reader writes them. All through Intl.
 */

import { locale } from "./messages.js";

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** @param {number} bytes @param {string} suffix of the unit @returns {string} */
function scaled(bytes, suffix) {
  // What would be rounded to 1,000 kB is 1 MB.
  const step = SIZES.findIndex((_, power) => bytes / 1000 ** power < 999.5 || power === SIZES.length - 1);
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: SIZES[step] + suffix,
    unitDisplay: step === 0 && suffix === "" ? "long" : "short",
    maximumFractionDigits: step > 0 && value < 10 ? 1 : 0,
  }).format(value);
}

/** @param {number} bytes @returns {string} such as `12 MB` */
export const size = (bytes) => scaled(bytes, "");

/** @param {number} bytesPerSecond @returns {string} such as `8.1 MB/s` */
export const rate = (bytesPerSecond) => scaled(bytesPerSecond, "-per-second");

/** @param {number} part of one @returns {string} such as `42%` */
export const share = (part) => new Intl.NumberFormat(locale, { style: "percent" }).format(part);

/** Longest first, in seconds. @type {[Intl.RelativeTimeFormatUnit, number][]} */
const SPANS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** How close to one of a unit counts as one: `in 1 hour` a moment after it was an hour. */
const NEARLY = 0.02;

/** @param {number} seconds @returns {[Intl.RelativeTimeFormatUnit, number]} the largest unit of which there are two, or nearly one */
function span(seconds) {
  const fits = (/** @type {number} */ length) => Math.round(seconds / length) >= 2 || Math.abs(seconds / length - 1) < NEARLY;
  const [unit, length] = SPANS.find(([, length]) => fits(length)) ?? SPANS[SPANS.length - 1];
  return [unit, Math.round(seconds / length)];
}

/** @param {number} seconds @returns {string} such as `4 hours` */
export function duration(seconds) {
  const [unit, value] = span(seconds);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

/** @param {string | number} at RFC 3339, or Unix milliseconds @returns {string} such as `in 23 hours` */
export function fromNow(at) {
  const seconds = (new Date(at).getTime() - Date.now()) / 1000;
  const [unit, value] = span(Math.abs(seconds));
  return new Intl.RelativeTimeFormat(locale).format(seconds < 0 ? -value : value, unit);
}

/** @param {string | number} at RFC 3339, or Unix milliseconds @returns {string} such as `3 March 2026 at 14:02` */
export function moment(at) {
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" }).format(new Date(at));
}

/**
 * @param {string | number} at RFC 3339, or Unix milliseconds
 * @param {"medium" | "short"} [timeStyle] `short`: without seconds, where they would be false precision
 * @returns {string} such as `14:02:20`; with the day where it is another
 */
export function clock(at, timeStyle = "medium") {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(locale, today ? { timeStyle } : { dateStyle: "long", timeStyle: "short" }).format(date);
}
