/**
 * A QR code as a picture: one path of an SVG. Loaded by who asks for a code.
 */

import { encodeQR } from "../keylink/qrcode.js";

const SVG = "http://www.w3.org/2000/svg";
/** Readers need so many light modules around. */
const QUIET = 4;

/**
 * Dark on white in every theme, since many readers know nothing else.
 * @param {string} text
 * @returns {Promise<SVGSVGElement>} without a name of its own
 * @throws {RangeError | import("../keylink/errors.js").KeylinkError}
 */
export async function drawQR(text) {
  const code = await encodeQR(text);
  const whole = code.width + 2 * QUIET;
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${whole} ${whole}`);
  picture.setAttribute("role", "img");
  picture.setAttribute("shape-rendering", "crispEdges");
  picture.append(shape({ d: `M0 0h${whole}v${whole}h-${whole}z`, fill: "#fff" }), shape({ d: outline(code), fill: "#000" }));
  return picture;
}

/** @param {{d: string, fill: string}} attributes @returns {SVGPathElement} */
function shape({ d, fill }) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", d);
  path.setAttribute("fill", fill);
  return path;
}

/** Each run of dark modules in a row as one rectangle. @param {import("../keylink/qrcode.js").QRCode} code @returns {string} */
function outline({ width, isDark }) {
  let path = "";
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      const from = column;
      while (column < width && isDark(row, column)) column++;
      if (column > from) path += `M${from + QUIET} ${row + QUIET}h${column - from}v1h-${column - from}z`;
    }
  }
  return path;
}
