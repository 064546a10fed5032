/**
 * A file that comes out of a page, piece by piece over a port (pagefile.js sends it), as what can be sealed: never more of
 * it is under way than a few pieces, however large it is.
 */

import { sendableName, sendableType } from "./pages/names.js";
import { Trouble } from "./trouble.js";

/** Pieces that the page may send before the first of them has been taken. */
const AHEAD = 8;

/** Endings for images whose address says nothing of a name, as browsers name them when they save them. @type {Record<string, string>} */
const ENDINGS = {
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp",
  "image/avif": ".avif",
  "image/svg+xml": ".svg",
  "image/bmp": ".bmp",
};

/**
 * What the page's side says of the file before its first piece.
 * @typedef {object} Beginning
 * @property {string} type as the answer named it
 * @property {string} name out of Content-Disposition; empty where there is none
 * @property {number | null} size octets, where they are known
 * @property {boolean} exact whether there will be exactly so many
 */

/**
 * @param {chrome.runtime.Port} port
 * @param {string} address of the file @param {string} otherwise a name for it where neither answer nor address has one
 * @returns {Promise<{item: import("./keylink/envelope.js").ItemSource, size: number | null}>} size: as far as is known
 * @throws {Trouble} why the page does not have it
 */
export async function arriving(port, address, otherwise) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const stream = streamFrom(port, resolve, reject);
  /** @type {Beginning} */
  const { type, name, size, exact } = await promise;
  return {
    size,
    item: {
      kind: "file",
      name: nameOf(name, address, type, otherwise),
      ...(sendableType(type) && { type: sendableType(type) }),
      ...(exact && size !== null && { size }),
      stream: () => stream,
    },
  };
}

/**
 * @param {chrome.runtime.Port} port
 * @param {(beginning: Beginning) => void} begin @param {(trouble: Trouble) => void} fail
 * @returns {ReadableStream<Uint8Array>}
 */
function streamFrom(port, begin, fail) {
  let ended = false;
  /** Asked for and not here yet. */
  let coming = 0;
  return new ReadableStream(
    {
      start(controller) {
        const give = (/** @type {Trouble} */ trouble) => {
          if (ended) return;
          ended = true;
          fail(trouble);
          controller.error(trouble);
          port.disconnect();
        };
        port.onDisconnect.addListener(() => give(new Trouble("pageLeft")));
        port.onMessage.addListener((message) => {
          if (message.begin) begin(message.begin);
          if (message.refused) give(new Trouble(String(message.refused.code), message.refused));
          if (typeof message.piece === "string" && !ended) {
            coming -= 1;
            controller.enqueue(fromBase64(message.piece));
          }
          if (!message.end || ended) return;
          ended = true;
          controller.close();
          port.disconnect();
        });
      },
      pull({ desiredSize }) {
        const more = (desiredSize ?? 0) - coming;
        if (ended || more <= 0) return;
        coming += more;
        port.postMessage({ more });
      },
      cancel() {
        ended = true;
        port.disconnect();
      },
    },
    { highWaterMark: AHEAD },
  );
}

/** @param {string} text @returns {Uint8Array} */
export function fromBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
  return bytes;
}

/** @param {string} given @param {string} address @param {string} type @param {string} otherwise @returns {string} */
function nameOf(given, address, type, otherwise) {
  const { protocol, pathname } = new URL(address);
  const last = protocol.startsWith("http") ? (pathname.split("/").at(-1) ?? "") : "";
  const [plain] = type.split(";", 1);
  const name = given || decoded(last);
  const ending = /\.[A-Za-z0-9]{1,8}$/.test(name) ? "" : (ENDINGS[plain.trim().toLowerCase()] ?? "");
  return sendableName((name || otherwise) + ending);
}

/** @param {string} text of an address @returns {string} */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text; // a stray % sign: not percent-encoding
    throw error;
  }
}
