/**
 * What a receipt comes to: the name of the sentences that tell of it (`receipt.NAME.title`, `receipt.NAME.text`).
 */

/** @typedef {import("../keylink/answers.js").Receipt} Receipt */

/** @param {Pick<Receipt, "state">} receipt @returns {boolean} whether anything can still happen to it */
export const isOpen = ({ state }) => state === "waiting" || state === "claimed";

/** @param {Pick<Receipt, "state" | "views" | "viewsLeft" | "events">} receipt @returns {string} the state as it is told */
export function toldState({ state, views, viewsLeft, events }) {
  if (state === "waiting" && viewsLeft < views) return "partly";
  if (state === "opened" && !events.some(({ what }) => what === "acknowledged")) return "lapsed";
  return state;
}
