/**
 * How fast boxes are sealed and opened in WebAssembly: libsodium's reference C beside the same library with SIMD, in one
 * run, turn by turn, after comparing their octets. A chunk of 64 KiB, as writers use.
 *
 *   Scripts/build-sodium-wasm --reference .build/sodium-wasm/reference.wasm
 *   node Tests/JavaScript/bench-secretbox.mjs .build/sodium-wasm/reference.wasm
 */

import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { Sodium } from "../../WebUI/keylink/sodium.js";
import { sample } from "./support/envelopes.mjs";

const ROUNDS = 15;
const BATCHES = 96; // of 1 MiB, as a worker gets them
const position = { first: 0, chunkSize: 65536, last: false };
const key = sample(32);
const chunks = sample(2 ** 20);

/** @param {string | URL} path @returns {Promise<Sodium>} */
async function load(path) {
  return new Sodium(await WebAssembly.compile(new Uint8Array(await readFile(path))));
}

/** @param {() => void} work @returns {number} MB/s */
function rate(work) {
  const start = performance.now();
  for (let batch = 0; batch < BATCHES; batch++) work();
  return (BATCHES * chunks.length) / 1000 / (performance.now() - start);
}

/** @param {number[]} rates @returns {{min: number, median: number, max: number}} */
function summary(rates) {
  const sorted = [...rates].sort((a, b) => a - b);
  const whole = (/** @type {number} */ at) => Math.round(sorted[at]);
  return { min: whole(0), median: whole(sorted.length >> 1), max: whole(sorted.length - 1) };
}

/** @param {string | undefined} reference @returns {Promise<number>} exit code */
async function main(reference) {
  const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
  if (!reference) {
    say("usage: node bench-secretbox.mjs REFERENCE.wasm (Scripts/build-sodium-wasm --reference makes it)");
    return 64;
  }
  const libraries = {
    reference: await load(reference),
    SIMD: await load(new URL("../../WebUI/keylink/sodium.wasm", import.meta.url)),
  };
  const boxes = libraries.SIMD.sealBoxes(key, chunks, position);
  if (!isDeepStrictEqual(boxes, libraries.reference.sealBoxes(key, chunks, position))) {
    say("the two disagree");
    return 1;
  }
  const tasks = Object.entries(libraries).flatMap(([name, sodium]) => [
    { name: `seal, ${name}`, work: () => sodium.sealBoxes(key, chunks, position) },
    { name: `open, ${name}`, work: () => sodium.openBoxes(key, boxes.slice(), position) },
  ]);
  /** @type {number[][]} */
  const rates = tasks.map(() => []);
  for (const { work } of tasks) rate(work); // the engine compiles a second time once it knows what is hot
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { work }] of tasks.entries()) rates[at].push(rate(work));
  }
  say(`${cpus()[0]?.model.trim()}, ${cpus().length} cores; node ${process.version}, V8 ${process.versions.v8}`);
  say(`secretbox over 64 KiB chunks, MB/s, ${ROUNDS} rounds of ${BATCHES} MiB each`);
  tasks.forEach(({ name }, at) => {
    const { min, median, max } = summary(rates[at]);
    say(`${name.padEnd(16)} min ${min}   median ${median}   max ${max}`);
  });
  const ratio = (/** @type {number} */ at) => (summary(rates[at + 2]).median / summary(rates[at]).median).toFixed(2);
  say(`SIMD over reference: seal ${ratio(0)}, open ${ratio(1)}`);
  return 0;
}

process.exitCode = await main(process.argv[2]);
