/**
 * Cuts a long text into pieces that a browser lays out one by one, as they come into view. Joined they are the text.
 */

/** Characters of a piece. */
const LONGEST = 16_384;
const MOST_LINES = 200;
/** How far back from where it must be cut a long line is cut at a space. */
const LOOK_BACK = 1024;

/** What belongs to the character before it: combining marks, variation selectors, joiners. */
const ATTACHED = /\p{M}|\u200D/u;

/**
 * @param {string} text
 * @returns {Generator<{text: string, lines: number, whole: boolean}, void, void>} whole: it ends where a line ends
 */
export function* piecesOf(text) {
  let newline = -1; // the first one at or after `end`, or the end of the text
  for (let at = 0, end = 0; at < text.length; at = end) {
    let lines = 0;
    while (lines < MOST_LINES && end < text.length) {
      if (newline < end) newline = lineEnd(text, end);
      if (newline + 1 - at > LONGEST) break;
      end = Math.min(newline + 1, text.length);
      lines++;
    }
    const cut = end === at;
    if (cut) end = placeToCut(text, at);
    yield { text: text.slice(at, end), lines: Math.max(1, lines), whole: !cut };
  }
}

/** @param {string} text @param {number} from @returns {number} */
function lineEnd(text, from) {
  const found = text.indexOf("\n", from);
  return found < 0 ? text.length : found;
}

/** In a line longer than a piece: at a space, or at least between two characters. @param {string} text @param {number} at @returns {number} */
function placeToCut(text, at) {
  const last = Math.min(at + LONGEST, text.length);
  for (let end = last; end > last - LOOK_BACK; end--) if (text[end - 1] === " ") return end;
  for (let end = last; end > last - LOOK_BACK; end--) {
    const next = String.fromCodePoint(text.codePointAt(end) ?? 0);
    const splits = /[\uDC00-\uDFFF]/.test(text[end] ?? "") && /[\uD800-\uDBFF]/.test(text[end - 1]);
    if (!splits && !ATTACHED.test(next) && text[end - 1] !== "\u200D") return end;
  }
  return last;
}
