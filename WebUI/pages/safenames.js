/**
 * Names under which files are written: a name from an envelope is a label, and no folder is trusted with it as it stands.
 */

/** Names that Windows gives to devices, with whatever ending. */
const DEVICE = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** What some system or other refuses in a name, or makes a folder, stream or pattern of. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const REFUSED = /[\u0000-\u001F\u007F-\u009F"*/:<>?\\|\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;
/** Octets that every file system takes, with some to spare for a number. */
const LONGEST = 240;

/**
 * @param {string} name
 * @returns {string} the same, but for what could do harm or could not be written
 */
export function safeName(name) {
  let safe = name.replace(REFUSED, "_").replace(/[. ]+$/, (end) => "_".repeat(end.length));
  if (DEVICE.test(safe)) safe = `_${safe}`;
  const { stem, ending } = split(safe === "" ? "_" : safe);
  let shorter = [...stem];
  while (shorter.length > 1 && sizeOf(shorter.join("") + ending) > LONGEST) shorter = shorter.slice(0, -1);
  return shorter.join("") + ending;
}

/**
 * Another name where the first is taken: `report.pdf`, `report (2).pdf`, …
 * @param {string} name @param {number} turn from 1 on
 * @returns {string}
 */
export function nameAt(name, turn) {
  if (turn === 1) return name;
  const { stem, ending } = split(name);
  return `${stem} (${turn})${ending}`;
}

/**
 * Safe names, each once: compared without case, as file systems do.
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function distinctNames(names) {
  /** @type {Set<string>} */
  const taken = new Set();
  return names.map((name) => {
    const safe = safeName(name);
    let turn = 1;
    while (taken.has(keyOf(nameAt(safe, turn)))) turn++;
    taken.add(keyOf(nameAt(safe, turn)));
    return nameAt(safe, turn);
  });
}

/** @param {string} name */
const keyOf = (name) => name.normalize("NFC").toLowerCase();
/** @param {string} name */
const sizeOf = (name) => new TextEncoder().encode(name).length;

/** @param {string} name @returns {{stem: string, ending: string}} the ending with its point; two for `.tar.gz` and the like */
function split(name) {
  const ending = /(?:\.tar)?\.[^. ]{1,16}$/i.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - ending.length);
  return stem === "" ? { stem: name, ending: "" } : { stem, ending };
}
