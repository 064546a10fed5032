/**
 * QR codes, by libqrencode as WebAssembly (Scripts/build-qrcode-wasm makes the module).
 *
 * A link goes in, and with it its key. So every code is made in an instance of its own, which is given up with its memory.
 */

import { toUtf8 } from "./bytes.js";
import { readModule } from "./sodium.js";

/**
 * @typedef {object} Exports
 * @property {WebAssembly.Memory} memory
 * @property {(size: number) => number} malloc
 * @property {(size: number, data: number, version: number, level: number) => number} QRcode_encodeData 0 where it is too much
 */

/** The smallest that holds the text. */
const ANY_VERSION = 0;
/** M survives a smudged or glaring screen; no link needs the room that L would give. */
const LEVEL_M = 1;

/**
 * @typedef {object} QRCode
 * @property {number} width modules a side
 * @property {(row: number, column: number) => boolean} isDark
 */

/**
 * @param {string} text up to some 2,300 octets of UTF-8
 * @returns {Promise<QRCode>}
 * @throws {RangeError} where it is longer; {import("./errors.js").KeylinkError} `network` where the module cannot be fetched
 */
export async function encodeQR(text) {
  const module = await WebAssembly.compile(await readModule(new URL("./qrcode.wasm", import.meta.url)));
  const instance = new WebAssembly.Instance(module);
  const wasm = /** @type {Exports} */ (/** @type {unknown} */ (instance.exports));
  const octets = toUtf8(text);
  const at = wasm.malloc(octets.length);
  new Uint8Array(wasm.memory.buffer).set(octets, at);
  const code = wasm.QRcode_encodeData(octets.length, at, ANY_VERSION, LEVEL_M);
  if (code === 0) throw new RangeError("too long for a QR code");
  const memory = new DataView(wasm.memory.buffer);
  // typedef struct { int version; int width; unsigned char *data; } QRcode; the lowest bit of each octet is the colour.
  const width = memory.getUint32(code + 4, true);
  const data = memory.getUint32(code + 8, true);
  const modules = new Uint8Array(wasm.memory.buffer).slice(data, data + width * width).map((octet) => octet & 1);
  new Uint8Array(wasm.memory.buffer).fill(0);
  return { width, isDark: (row, column) => modules[row * width + column] === 1 };
}
