// Seals and opens a file in a page, on a pool of WIDTH workers: what the benchmark of the pool measures
// (bench_pool.py serves this and the library).

import { fileItem } from "../../WebUI/keylink/client.js";
import { open, seal } from "../../WebUI/keylink/envelope.js";
import { Workers } from "../../WebUI/keylink/executor.js";
import { octets } from "../../WebUI/keylink/streams.js";

/** @type {{envelope: Blob, linkKey: Uint8Array} | null} */
let sealed = null;

/** @returns {File} */
function chosen() {
  const file = /** @type {HTMLInputElement} */ (document.querySelector("input")).files?.[0];
  if (!file) throw new Error("no file is chosen");
  return file;
}

/** Seals once, into a file of the origin's own: as what was received lies there until it is saved. */
async function prepare() {
  const { stream, linkKey } = await seal([fileItem(chosen())]);
  const folder = await navigator.storage.getDirectory();
  const handle = await folder.getFileHandle("envelope", { create: true });
  await stream.pipeTo(await handle.createWritable());
  sealed = { envelope: await handle.getFile(), linkKey };
}

/** @param {number} width @returns {Promise<number>} MB/s from the file to ciphertext in the page */
async function measureSealing(width) {
  const file = chosen();
  const start = performance.now();
  const { stream, size } = await seal([fileItem(file)], { executor: new Workers({ width }) });
  let received = 0;
  for await (const piece of octets(stream)) received += piece.length;
  if (received !== size) throw new Error(`sealed ${received} of ${size} octets`);
  return file.size / 1e3 / (performance.now() - start);
}

/** @param {number} width @returns {Promise<number>} MB/s from ciphertext on the disk to the file's octets in the page */
async function measureOpening(width) {
  if (!sealed) throw new Error("nothing is sealed");
  const { envelope, linkKey } = sealed;
  const start = performance.now();
  let received = 0;
  for await (const item of await open(envelope, { linkKey, executor: new Workers({ width }) })) {
    for await (const piece of octets(item.stream)) received += piece.length;
  }
  if (received !== chosen().size) throw new Error(`opened ${received} octets`);
  return received / 1e3 / (performance.now() - start);
}

Object.assign(globalThis, { prepare, measure: { seal: measureSealing, open: measureOpening } });
