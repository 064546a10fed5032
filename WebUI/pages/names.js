/**
 * Names that files travel under, where their own cannot (Spec/envelope.md, Payload).
 */

import { isName, isType } from "../keylink/payload.js";

const LONGEST = 255;
/** What is kept of a name's end where it is cut: that is what people tell files apart by. */
const LONGEST_ENDING = 16;

/**
 * @param {string} name
 * @returns {string} the same where it can travel; else with `_` for what cannot, and cut before its ending where it is too long
 */
export function sendableName(name) {
  const safe = [...name].map((character) => (isName(`x${character}`) ? character : "_")).join("");
  if (isName(safe)) return safe;
  const size = (/** @type {string} */ text) => new TextEncoder().encode(text).length;
  if (size(safe) <= LONGEST) return `_${safe.slice(1)}`; // empty, or only dots
  const dot = safe.lastIndexOf(".");
  const ending = dot > 0 && safe.length - dot <= LONGEST_ENDING ? safe.slice(dot) : "";
  const characters = [...safe.slice(0, safe.length - ending.length)];
  while (size(characters.join("") + ending) > LONGEST) characters.pop();
  return characters.join("") + ending;
}

/** @param {string} type @returns {string} none, where the platform's word for it cannot travel */
export const sendableType = (type) => (isType(type) ? type : "");

/**
 * Whether a file is a picture that had no name before it was pasted: browsers call all of them the same.
 * @param {{name: string, type: string}} file @returns {boolean}
 */
export const isNameless = ({ name, type }) =>
  /^image\.(?:png|jpe?g|gif|webp|avif|bmp|tiff?)$/i.test(name) && type.startsWith("image/");

/** @param {Date} date @returns {string} local, such as `2026-11-23 16.53.07`: sorts, and can stand in a file's name */
export function stamped(date) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(".")}`;
}
