/**
 * What a receipt comes to: the name of the sentences that tell of it (`receipt.NAME.title`, `receipt.NAME.text`).
 */

/** @typedef {import("../keylink/answers.js").Receipt} Receipt */

/** @param {Pick<Receipt, "state">} receipt @returns {boolean} whether anything can still happen to it */
export const isOpen = ({ state }) => state === "waiting" || state === "claimed";

/** So many events at most does a server keep (Spec/openapi.yaml): of more, not all are there to be counted. */
const MOST_EVENTS = 100;

/**
 * Whoever began to open it may be at it still, or have run out of time: neither has opened it.
 * @param {Pick<Receipt, "views" | "viewsLeft" | "events">} receipt
 * @returns {{begun: number, opened: number, running: number}} how often
 */
function countOf({ views, viewsLeft, events }) {
  const begun = views - viewsLeft;
  if (events.length >= MOST_EVENTS) return { begun, opened: begun, running: 0 };
  const count = (/** @type {string} */ kind) => events.filter(({ what }) => what === kind).length;
  const opened = count("acknowledged");
  return { begun, opened, running: begun - opened - count("lapsed") };
}

/** @param {Pick<Receipt, "state" | "views" | "viewsLeft" | "events">} receipt @returns {string} the state as it is told */
export function toldState(receipt) {
  const { state } = receipt;
  const { begun, opened, running } = countOf(receipt);
  if (state === "waiting" && begun > 0) return opened > 0 ? "partly" : running > 0 ? "opening" : "unfinished";
  if (state === "opened" && opened === 0) return "lapsed";
  if (state === "expired" && opened < begun) return "expiredBegun";
  if (state === "revoked" && opened < begun) return "revokedBegun";
  return state;
}

/** @param {Pick<Receipt, "state" | "views" | "viewsLeft" | "events">} receipt @returns {number} the count that the sentences on its state are about */
export function toldCount(receipt) {
  const { begun, opened } = countOf(receipt);
  return ["expiredBegun", "revokedBegun"].includes(toldState(receipt)) ? begun : opened;
}

/** The last opening may have been followed by one that ran out of time. @param {Receipt} receipt @returns {string} when it ended, or will */
export function endOf({ state, endedAt, expiresAt, events }) {
  const last = events.findLast(({ what }) => what === "acknowledged");
  return (state === "opened" && last?.at) || (endedAt ?? expiresAt);
}
