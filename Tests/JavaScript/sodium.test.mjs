import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { toHex, toUtf8 } from "../../WebUI/keylink/bytes.js";
import { loadSodium, randomBytes, Sodium } from "../../WebUI/keylink/sodium.js";
import { codeOf, sample } from "./support/envelopes.mjs";

const module = await WebAssembly.compile(
  new Uint8Array(await readFile(new URL("../../WebUI/keylink/sodium.wasm", import.meta.url))),
);

test("the module imports nothing: no randomness, no files, no clock", () => {
  assert.deepEqual(WebAssembly.Module.imports(module), []);
});

test("its digest lies beside it", async () => {
  const bytes = await readFile(new URL("../../WebUI/keylink/sodium.wasm", import.meta.url));
  const line = await readFile(new URL("../../WebUI/keylink/sodium.wasm.sha256", import.meta.url), "utf8");
  assert.equal(line, `${createHash("sha256").update(bytes).digest("hex")}  sodium.wasm\n`);
});

test("BLAKE2b agrees with node's", async () => {
  const sodium = await loadSodium();
  for (const size of [0, 1, 63, 64, 127, 128, 129, 1000, 65537]) {
    const expected = createHash("blake2b512").update(sample(size)).digest("hex");
    assert.equal(toHex(sodium.generichash(64, sample(size))), expected, String(size));
  }
});

test("Argon2id agrees with native libsodium", async () => {
  const sodium = (await loadSodium()).another();
  const hash = sodium.pwhash(toUtf8("password"), toUtf8("somesaltsomesalt"), 3, 65536);
  assert.equal(toHex(hash), ARGON2);
});

test("secretbox agrees with native libsodium, nonce and all", async () => {
  const sodium = await loadSodium();
  const box = sodium.sealBoxes(sample(32), sample(100), { first: 3, chunkSize: 4096, last: true });
  assert.equal(toHex(box), BOX);
});

test("boxes open to what they were made of, at every boundary", async () => {
  const sodium = await loadSodium();
  const key = sample(32);
  for (const chunkSize of [4096, 65536]) {
    for (const size of [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 4095, 4096, 4097, 8192, 3 * 65536 + 1]) {
      const position = { first: 7, chunkSize, last: true };
      const boxes = sodium.sealBoxes(key, sample(size), position);
      assert.equal(boxes.length, size + 16 * Math.ceil(size / chunkSize));
      assert.deepEqual(sodium.openBoxes(key, boxes, position), sample(size));
    }
  }
});

test("a box opens in its own place only", async () => {
  const sodium = await loadSodium();
  const position = { first: 0, chunkSize: 4096, last: true };
  const boxes = sodium.sealBoxes(sample(32), sample(8192), position);
  const open = (/** @type {Uint8Array} */ bytes, other = {}) =>
    codeOf(() => sodium.openBoxes(sample(32), bytes.slice(), { ...position, ...other }));
  assert.equal(await open(boxes), "none");
  assert.equal(await open(boxes, { first: 1 }), "corrupt");
  assert.equal(await open(boxes, { last: false }), "corrupt");
  assert.equal(await open(boxes.subarray(0, 4112)), "corrupt");
  assert.equal(await open(boxes.subarray(4112)), "corrupt");
  assert.equal(await open(boxes.subarray(0, boxes.length - 1)), "corrupt");
  for (const at of [0, 15, 16, 4111, 4112, boxes.length - 1]) {
    const other = boxes.slice();
    other[at] ^= 1;
    assert.equal(await open(other), "corrupt", String(at));
  }
  const empty = sodium.sealBoxes(sample(32), sample(1), position).subarray(0, 16);
  assert.equal(await open(empty), "corrupt");
});

test("nothing of a key, a passphrase or a plaintext stays in the module's memory", () => {
  /** @type {WebAssembly.Memory | undefined} */
  let memory;
  const Instance = WebAssembly.Instance;
  WebAssembly.Instance = /** @type {any} */ (
    class extends Instance {
      /** @param {WebAssembly.Module} module */
      constructor(module) {
        super(module);
        memory = /** @type {WebAssembly.Memory} */ (this.exports.memory);
      }
    }
  );
  const sodium = new Sodium(module);
  WebAssembly.Instance = Instance;
  const secret = sample(32, 99);
  const position = { first: 0, chunkSize: 4096, last: true };
  const boxes = sodium.sealBoxes(secret, sample(5000, 98), position);
  sodium.openBoxes(secret, boxes, position);
  const derived = sodium.kdf(secret, 1, "klnklink");
  sodium.generichash(32, secret, derived);
  const stretched = sodium.pwhash(secret, sample(16), 3, 65536);
  const left = Buffer.from(memory?.buffer ?? new ArrayBuffer(0));
  for (const [what, bytes] of Object.entries({ secret, plaintext: sample(5000, 98).subarray(100, 132), derived, stretched })) {
    assert.equal(left.indexOf(bytes), -1, what);
    assert.equal(left.indexOf(bytes.subarray(8, 24)), -1, what);
  }
});

test("stretching beyond the memory there is fails by name, and leaves the instance usable", async () => {
  const sodium = (await loadSodium()).another();
  assert.equal(await codeOf(() => sodium.pwhash(sample(8), sample(16), 3, 2 ** 20)), "out-of-memory");
  assert.equal(sodium.generichash(32, sample(1)).length, 32);
});

test("random octets differ", () => {
  assert.equal(new Set(Array.from({ length: 100 }, () => toHex(randomBytes(16)))).size, 100);
});

/** What PyNaCl answers to the same. */
const ARGON2 = "7664ad4ba1a3c999fcdd0991ffc2270f78302d2383233db5e7befc85d1bb1819";
const BOX =
  "636a4fc4ac7247382a1ef028717802f9416e40022fc2c5aa15bd82a5eb97f60674ac01f59e396559bb468cf609621636557b43897cccdf2d" +
  "65a6e1cc8b56eb939b2cda90a12dd5a7ea6d696db2ebca5d01f29113be6a39ea1706a23f4c1cd3983114d8a6cae60bcee1b5d7eb9896b43d" +
  "f797f2c1";
