/**
 * What lies over opened ciphertext where it rests: off again for any box, and of no use to anybody else.
 */

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { letGo } from "../../WebUI/keylink/bytes.js";
import { Resting } from "../../WebUI/keylink/resting.js";
import { Veil } from "../../WebUI/keylink/veil.js";
import { sample } from "./support/envelopes.mjs";

if (!globalThis.crypto) Object.assign(globalThis, { crypto: webcrypto }); // node 18

const HEADER = 80;
const CHUNK = 65_536;
const BOX = CHUNK + 16;

/** As keeping.js writes: portions of whole blocks, but for the last. @param {Veil} veil @param {Uint8Array} plain */
async function rest(veil, plain) {
  const portions = [];
  for (let at = 0; at < plain.length; at += 1_048_576) portions.push(await veil.over(plain.subarray(at, at + 1_048_576), at));
  return new Blob(/** @type {BlobPart[]} */ (portions));
}

/** A file as workers read it, all at once. @param {Blob} blob */
async function accessTo(blob) {
  const whole = new Uint8Array(await blob.arrayBuffer());
  return {
    /** @param {Uint8Array} bytes @param {{at: number}} options */
    read(bytes, { at }) {
      const part = whole.subarray(at, at + bytes.length);
      bytes.set(part);
      return part.length;
    },
  };
}

for (const way of ["a Blob", "its file"]) {
  test(`it comes off for any box that is read from ${way}`, async () => {
    const veil = await Veil.draw();
    for (const size of [HEADER + 17, HEADER + BOX, HEADER + 40 * BOX + 1000]) {
      const plain = sample(size);
      const blob = await rest(veil, plain);
      assert.equal(blob.size, size);
      const resting = new Resting({ file: null, veil: veil.key }, way === "a Blob" ? null : await accessTo(blob));
      for (const first of [0, 1, 15, 16, 17, 40]) {
        const at = HEADER + first * BOX;
        const bytes = blob.slice(at, at + 3 * BOX);
        if (bytes.size === 0) continue;
        const boxes = await resting.read({ bytes, first, chunkSize: CHUNK });
        assert.deepEqual(boxes, plain.slice(at, at + 3 * BOX), `box ${first} of ${size}`);
      }
    }
  });
}

test("a file that has become shorter is refused", async () => {
  const access = await accessTo(new Blob([sample(1000)]));
  const resting = new Resting(null, access);
  const batch = { bytes: new Blob([sample(2000)]), first: 0, chunkSize: CHUNK };
  await assert.rejects(resting.read(batch), { name: "NotReadableError" });
});

test("octets that rest nowhere are taken as they are", async () => {
  const boxes = sample(1000);
  assert.equal(await new Resting(null).read({ bytes: boxes, first: 7, chunkSize: CHUNK }), boxes);
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

test("the key leaves the browser by no way", async () => {
  const veil = await Veil.draw();
  assert.equal(veil.key.extractable, false);
  await assert.rejects(globalThis.crypto.subtle.exportKey("raw", veil.key), /not extractable/);
});

test("what is let go of is gone at once, and once only", () => {
  const bytes = sample(1000);
  letGo(bytes);
  assert.equal(bytes.buffer.byteLength, 0);
  letGo(bytes);
});
