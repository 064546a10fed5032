/**
 * A module worker that writes one file of the origin's private file system (keeping.js starts it). First message:
 * {folder, name}; then {bytes, size}, octets to append, which go back once they are written; {end} at their end. What fails is
 * answered with nothing.
 */

/**
 * @typedef {object} AccessHandle FileSystemSyncAccessHandle: in every browser's workers, unlike other ways to write there
 * @property {(bytes: Uint8Array, options: {at: number}) => number} write
 * @property {() => void} flush
 * @property {() => void} close
 */

/** @type {AccessHandle | null} */
let file = null;
let size = 0;

/** @param {any} where {folder, name} */
async function create({ folder, name }) {
  const root = await navigator.storage.getDirectory();
  const handle = await (await root.getDirectoryHandle(folder, { create: true })).getFileHandle(name, { create: true });
  file = await /** @type {any} */ (handle).createSyncAccessHandle();
}

/** @param {AccessHandle} open @param {Uint8Array} bytes */
function append(open, bytes) {
  for (let written = 0; written < bytes.length; ) {
    const part = open.write(bytes.subarray(written), { at: size });
    if (part === 0) throw new DOMException("nothing more fits", "QuotaExceededError");
    written += part;
    size += part;
  }
}

/** On the disk, not only on its way there. @param {AccessHandle} open */
function finish(open) {
  open.flush();
  open.close();
  file = null;
}

/** @param {any} message */
async function answer({ bytes = new Uint8Array(), size: filled = 0, end, ...where }) {
  try {
    if (!file) await create(where);
    else if (end) finish(file);
    else append(file, bytes.subarray(0, filled));
    postMessage({ back: bytes }, { transfer: [bytes.buffer] });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    postMessage({});
  }
}

// One after the other: the file is created before anything is appended.
let previous = Promise.resolve();
self.onmessage = ({ data }) => {
  previous = previous.then(() => answer(data));
};
