/**
 * How files come in: chosen, dropped anywhere on the page, or pasted. What becomes of them is the caller's business.
 */

import { isNameless } from "./names.js";

/**
 * @typedef {object} Gathering
 * @property {() => boolean} isWanted whether files are taken right now; dropped ones never replace the page
 * @property {(files: File[], pasted: boolean) => void} onFiles at least one; `pasted`: what has no name of its own may get one
 * @property {(name: string) => void} onFolder a folder was dropped: it is not taken
 */

/** @param {HTMLInputElement} input of type `file` @param {Gathering} gathering */
export function gatherFiles(input, gathering) {
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    input.value = ""; // so that the same file can be chosen again after it was taken off
    if (files.length > 0) gathering.onFiles(files, false);
  });
  document.addEventListener("paste", (event) => takePaste(event, gathering));
  takeDrops(gathering);
}

/**
 * Programs that copy cells or formatted text put a picture of it beside the text: then the text is meant.
 * @param {ClipboardEvent} event @param {Gathering} gathering
 */
function takePaste(event, { isWanted, onFiles }) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length === 0 || !isWanted()) return;
  if (event.clipboardData?.types.includes("text/plain") && files.every(isNameless)) return;
  event.preventDefault();
  onFiles(files, true);
}

/**
 * Anywhere on the page: whoever drags does not aim, and a file that the browser opens instead is the page lost.
 * @param {Gathering} gathering
 */
function takeDrops({ isWanted, onFiles, onFolder }) {
  let depth = 0;
  /** @param {DragEvent} event */
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  /** @param {number} to */
  const entered = (to) => {
    depth = Math.max(0, to);
    document.body.classList.toggle("dropping", depth > 0 && isWanted());
  };
  document.addEventListener("dragenter", (event) => carriesFiles(event) && entered(depth + 1));
  document.addEventListener("dragleave", (event) => carriesFiles(event) && entered(depth - 1));
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = isWanted() ? "copy" : "none";
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    entered(0);
    if (!isWanted()) return;
    const { files, folder } = sortedOut(event.dataTransfer);
    if (files.length > 0) onFiles(files, false);
    if (folder !== null) onFolder(folder);
  });
}

/**
 * A folder comes as a file that cannot be read, so it is left out and told.
 * @param {DataTransfer} transfer
 * @returns {{files: File[], folder: string | null}} the name of the first folder
 */
function sortedOut(transfer) {
  const files = [];
  let folder = null;
  for (const item of transfer.items) {
    const entry = item.kind === "file" ? item.webkitGetAsEntry?.() : null;
    const file = item.kind === "file" ? item.getAsFile() : null;
    if (entry?.isDirectory) folder ??= entry.name;
    else if (file) files.push(file);
  }
  return { files, folder };
}
