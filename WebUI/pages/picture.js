/**
 * What an image is by its own first octets: whatever its name and the sender say. Only raster formats, which hold no
 * script and fetch nothing; SVG is a document, and none of these.
 */

/** More than this a browser may not be able to decode without harm to the page. */
const MOST_PIXELS = 50_000_000;

/** How many octets are enough to tell. */
export const HEAD = 4096;

/** @typedef {{type: string, width: number, height: number}} Picture */

/** @type {{type: string, magic: RegExp, measure: (view: DataView, text: string) => [number, number] | null}[]} */
const FORMATS = [
  { type: "image/png", magic: /^\x89PNG\r\n.\n.{4}IHDR/s, measure: (view) => [view.getUint32(16), view.getUint32(20)] },
  { type: "image/gif", magic: /^GIF8[79]a/, measure: (view) => [view.getUint16(6, true), view.getUint16(8, true)] },
  {
    type: "image/bmp",
    magic: /^BM.{12}\x28\0\0\0/s,
    measure: (view) => [view.getInt32(18, true), Math.abs(view.getInt32(22, true))],
  },
  { type: "image/webp", magic: /^RIFF.{4}WEBPVP8[ XL]/s, measure: measureWebP },
  { type: "image/jpeg", magic: /^\xFF\xD8\xFF/, measure: measureJPEG },
];

/**
 * @param {Uint8Array} head the first `HEAD` octets, or all there are
 * @returns {Picture | null} null for all else, and for what is too large to be shown
 */
export function pictureOf(head) {
  const text = Array.from(head, (octet) => String.fromCharCode(octet)).join("");
  const format = FORMATS.find(({ magic }) => magic.test(text));
  if (!format) return null;
  try {
    const [width, height] = format.measure(new DataView(head.buffer, head.byteOffset, head.length), text) ?? [0, 0];
    return width > 0 && height > 0 && width * height <= MOST_PIXELS ? { type: format.type, width, height } : null;
  } catch (error) {
    if (error instanceof RangeError) return null; // it ends before it says how large it is
    throw error;
  }
}

/** @param {DataView} view @param {string} text @returns {[number, number]} */
function measureWebP(view, text) {
  const sized = (/** @type {number} */ at) => (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1;
  if (text[15] === "X") return [sized(24), sized(27)];
  if (text[15] === " ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  const bits = view.getUint32(21, true);
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}

/** Goes from segment to segment up to the one that begins a frame. @param {DataView} view @returns {[number, number] | null} */
function measureJPEG(view) {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    const beginsFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (beginsFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return null;
}
