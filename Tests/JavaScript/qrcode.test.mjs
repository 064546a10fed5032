import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { encodeQR } from "../../WebUI/keylink/qrcode.js";

const wasm = new URL("../../WebUI/keylink/qrcode.wasm", import.meta.url);
const link = `https://keylink.example/s/2nf0-gBLxbTzCDjbirsdPg#${"y".repeat(43)}`;

test("the module imports nothing, and its digest lies beside it", async () => {
  const bytes = new Uint8Array(await readFile(wasm));
  assert.deepEqual(WebAssembly.Module.imports(await WebAssembly.compile(bytes)), []);
  const line = await readFile(`${wasm.pathname}.sha256`, "utf8");
  assert.equal(line, `${createHash("sha256").update(bytes).digest("hex")}  qrcode.wasm\n`);
});

test("a code has its three finders, and is another for another text", async () => {
  const { width, isDark } = await encodeQR(link);
  assert.equal(width % 4, 1);
  const finder = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];
  for (const [top, left] of [
    [0, 0],
    [0, width - 7],
    [width - 7, 0],
  ]) {
    const found = finder.map((line, row) =>
      [...line].map((_, column) => (isDark(top + row, left + column) ? "#" : ".")).join(""),
    );
    assert.deepEqual(found, finder);
  }
  const picture = (/** @type {import("../../WebUI/keylink/qrcode.js").QRCode} */ code) =>
    Array.from({ length: code.width ** 2 }, (_, at) => code.isDark(Math.floor(at / code.width), at % code.width)).join();
  assert.notEqual(picture(await encodeQR(link)), picture(await encodeQR(link.replace(/y$/, "x"))));
});

test("what no code can hold is refused", async () => {
  await assert.rejects(encodeQR("x".repeat(3000)), RangeError);
});
