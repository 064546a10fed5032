/**
 * What came out of an envelope, on the page. Names, types and text are a stranger's: they are only ever shown as text.
 */

import { concat, fromUtf8 } from "../keylink/bytes.js";
import { octets } from "../keylink/streams.js";
import { message } from "./messages.js";
import { HEAD } from "./picture.js";
import { Received } from "./received.js";
import { showText } from "./text.js";

/** Octets of a text that a page can show; a longer one is a file to save. */
const LONGEST_TEXT = 8 * 2 ** 20;

/** @typedef {{kind: "text", text: string}} TextContent */
/**
 * @typedef {object} FileContent what is known of it; its octets rest with the browser, as ciphertext
 * @property {"file"} kind
 * @property {string} name
 * @property {string | null} type the sender's word
 * @property {number} size
 * @property {number} at where its data begins (Kept.read)
 * @property {Uint8Array} head its first octets
 */

/**
 * Reads all of it, and holds little: texts, and the beginning of each file.
 * @param {AsyncIterable<import("../keylink/envelope.js").Item>} items
 * @returns {Promise<(TextContent | FileContent)[]>} only once everything was verified
 * @throws {import("../keylink/errors.js").KeylinkError}
 */
export async function collect(items) {
  /** @type {(TextContent | FileContent)[]} */
  const contents = [];
  for await (const item of items) {
    const { size, begun } = await beginningOf(item.stream, item.kind === "text" ? LONGEST_TEXT : HEAD);
    if (item.kind === "text" && begun.length === size) contents.push({ kind: "text", text: fromUtf8(begun) });
    else {
      const name = item.name ?? message("opened.textName");
      contents.push({ kind: "file", name, type: item.type, size, at: item.at, head: begun.slice(0, HEAD) });
    }
  }
  return contents;
}

/** @param {ReadableStream<Uint8Array>} stream @param {number} most octets to hold @returns {Promise<{size: number, begun: Uint8Array}>} */
async function beginningOf(stream, most) {
  let size = 0;
  let held = 0;
  /** @type {Uint8Array[]} */
  const parts = [];
  for await (const piece of octets(stream)) {
    size += piece.length;
    if (held < most) parts.push(piece.slice(0, most - held));
    held = Math.min(size, most);
  }
  return { size, begun: concat(...parts) };
}

export class Contents {
  /** @type {Promise<unknown>} the reader has seen or copied each text, and saved each file */ had;
  /** @type {boolean} whether something would be lost with the page that the reader has nowhere else, nor has seen */ unsaved = true;
  /** @type {{texts: number, files: number}} how many there are */ count;
  #kept;

  /**
   * @param {HTMLElement} root @param {(TextContent | FileContent)[]} contents
   * @param {{kept: import("../keylink/kept.js").Kept | null, ways: import("./saving.js").Ways}} options
   */
  constructor(root, contents, { kept, ways }) {
    const texts = contents.filter((content) => content.kind === "text");
    const files = contents.filter((content) => content.kind === "file");
    const shown = texts.map(({ text }) => showText(text));
    const received = kept && files.length > 0 ? new Received(files, kept, ways, { alone: texts.length === 0 }) : null;
    this.count = { texts: texts.length, files: files.length };
    this.#kept = kept;
    root.replaceChildren(...shown.map(({ element }) => element), ...(received ? [received.element] : []));
    this.had = Promise.all([...shown.map(({ had }) => had), received?.had]).then(() => {
      this.unsaved = false;
    });
    // What is small stays in memory, and can be saved again; what rests on the disk is there no longer than it has to.
    if (!received) void this.close();
    else if (kept?.onDisk) void received.had.then(() => this.close());
  }

  /** What the browser keeps of it goes. */
  async close() {
    const kept = this.#kept;
    this.#kept = null;
    await kept?.close();
  }
}
