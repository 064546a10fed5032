/**
 * What lies over opened ciphertext where it rests: off again from any octet on, and of no use to anybody else.
 */

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { concat } from "../../WebUI/keylink/bytes.js";
import { Veil } from "../../WebUI/keylink/veil.js";
import { sample } from "./support/envelopes.mjs";

if (!globalThis.crypto) Object.assign(globalThis, { crypto: webcrypto }); // node 18

/** As keeping.js writes: portions of whole blocks, but for the last. @param {Veil} veil @param {Uint8Array} plain */
async function rest(veil, plain) {
  const portions = [];
  for (let at = 0; at < plain.length; at += 1_048_576) portions.push(await veil.over(plain.subarray(at, at + 1_048_576), at));
  return new Blob(/** @type {BlobPart[]} */ (portions));
}

/** @param {Veil} veil @param {Blob} resting @param {number} from */
async function under(veil, resting, from) {
  const parts = [];
  for await (const part of veil.under(resting, from)) parts.push(part);
  return concat(...parts);
}

test("it comes off from any octet on", async () => {
  const veil = await Veil.draw();
  for (const size of [1, 16, 1_048_575, 1_048_576, 2_500_000]) {
    const plain = sample(size);
    const resting = await rest(veil, plain);
    assert.equal(resting.size, size);
    for (const from of [0, 1, 15, 16, 17, 97, 1_048_576, 1_048_583, size - 1, size]) {
      if (from <= size) assert.deepEqual(await under(veil, resting, from), plain.slice(from), `${from} of ${size}`);
    }
  }
});

test("each file has a key of its own, and no position's octets are another's", async () => {
  const zeros = new Uint8Array(65_536);
  const [first, second] = await Promise.all([Veil.draw(), Veil.draw()]);
  const blocks = new Set();
  for (const octets of [await first.over(zeros, 0), await second.over(zeros, 0), await first.over(zeros, 2 ** 40)]) {
    for (let at = 0; at < octets.length; at += 16) blocks.add(Buffer.from(octets.subarray(at, at + 16)).toString("hex"));
  }
  assert.equal(blocks.size, 3 * 4096);
});

test("a position that is within a block is refused", async () => {
  const veil = await Veil.draw();
  await assert.rejects(veil.over(sample(3), 8), RangeError);
});

test("leaving early leaves nothing behind", async () => {
  const veil = await Veil.draw();
  const resting = await rest(veil, sample(5_000_000));
  for await (const part of veil.under(resting, 100)) {
    assert.deepEqual(part.subarray(0, 50), sample(5_000_000).subarray(100, 150));
    break;
  }
});
