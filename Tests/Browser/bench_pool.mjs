// Seals and opens a file in a page, on a pool of WIDTH workers: what the benchmark of the pool measures
// (bench_pool.py serves this and the library).

import { concat, letGo } from "../../WebUI/keylink/bytes.js";
import { fileItem } from "../../WebUI/keylink/client.js";
import { checkParameters, open, seal, unlock } from "../../WebUI/keylink/envelope.js";
import { Workers } from "../../WebUI/keylink/executor.js";
import { PARAMETERS_SIZE } from "../../WebUI/keylink/header.js";
import { veiledKeeperFor } from "../../WebUI/keylink/keeping.js";
import { Kept } from "../../WebUI/keylink/kept.js";
import { octets } from "../../WebUI/keylink/streams.js";

/** @typedef {import("../../WebUI/keylink/keeping.js").Keeper} Keeper */
/** @typedef {import("../../WebUI/keylink/header.js").EnvelopeKeys} EnvelopeKeys */

/** @type {{keeper: Keeper, envelope: Blob, keys: EnvelopeKeys, at: number} | null} */
let received = null;

/** @returns {File} */
function chosen() {
  const file = /** @type {HTMLInputElement} */ (document.querySelector("input")).files?.[0];
  if (!file) throw new Error("no file is chosen");
  return file;
}

/** Seals once, into a file of the origin's own: as what was received lies there until it is saved. */
async function prepare() {
  const { stream, linkKey } = await seal([fileItem(chosen())]);
  const keeper = await veiledKeeperFor(chosen().size);
  if (!keeper.onDisk) throw new Error("there is no private file system");
  const [kept, opened] = stream.tee();
  /** @type {Uint8Array} */
  let header = new Uint8Array();
  const keeping = (async () => {
    for await (const piece of octets(kept)) {
      if (header.length < PARAMETERS_SIZE) header = concat(header, piece.subarray(0, PARAMETERS_SIZE));
      await keeper.write(piece);
    }
  })();
  let at = 0;
  for await (const item of await open(opened, { linkKey })) at = item.at;
  await keeping;
  const keys = await unlock(await checkParameters(header.subarray(0, PARAMETERS_SIZE), linkKey), linkKey);
  received = { keeper, envelope: await keeper.finish(), keys, at };
}

/** @param {number} width @returns {Promise<number>} MB/s from the file to ciphertext in the page */
async function measureSealing(width) {
  const file = chosen();
  const start = performance.now();
  const { stream, size } = await seal([fileItem(file)], { executor: new Workers({ width }) });
  let received = 0;
  for await (const piece of octets(stream)) {
    received += piece.length;
    letGo(piece); // as the page does
  }
  if (received !== size) throw new Error(`sealed ${received} of ${size} octets`);
  return file.size / 1e3 / (performance.now() - start);
}

/** @param {number} width @returns {Promise<number>} MB/s from ciphertext on the disk to the file's octets in the page */
async function measureOpening(width) {
  if (!received) throw new Error("nothing is sealed");
  const { keeper, envelope, keys, at } = received;
  const { chunkSize } = keys.parameters;
  const start = performance.now();
  const kept = new Kept(keeper, envelope, { contentKey: keys.contentKey, chunkSize }, new Workers({ width }));
  let opened = 0;
  for await (const piece of kept.read({ at, length: chosen().size })) opened += piece.length;
  if (opened !== chosen().size) throw new Error(`opened ${opened} octets`);
  return opened / 1e3 / (performance.now() - start);
}

Object.assign(globalThis, { prepare, measure: { seal: measureSealing, open: measureOpening } });
