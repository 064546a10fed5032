// Seals and opens SIZE octets with the page's library, in this thread: the least that a browser does, without workers.
//
//   node Tests/Reliability/envelope.mjs SIZE      prints {"seal": MB/s, "open": MB/s}

import { open, seal } from "../../WebUI/keylink/envelope.js";

const size = Number(process.argv[2]);
const piece = new Uint8Array(1 << 20).fill(0x5a);

/** @returns {ReadableStream<Uint8Array>} */
function zeros() {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      const next = piece.slice(0, Math.min(left, piece.length));
      left -= next.length;
      controller.enqueue(next);
    },
  });
}

/** @param {number} start */
const rate = (start) => Math.round(size / 1e6 / ((performance.now() - start) / 1e3));

let start = performance.now();
const sealed = await seal([{ kind: "file", name: "bench", size, stream: zeros }]);
/** @type {Uint8Array[]} */
const envelope = [];
for await (const octets of sealed.stream) envelope.push(octets);
const sealing = rate(start);

start = performance.now();
let opened = 0;
const parts = new ReadableStream({
  pull(controller) {
    const next = envelope.shift();
    if (next) controller.enqueue(next);
    else controller.close();
  },
});
for await (const item of await open(parts, { linkKey: sealed.linkKey })) {
  for await (const data of item.stream) opened += data.length;
}
if (opened !== size) throw new Error(`opened ${opened} of ${size} octets`);
process.stdout.write(`${JSON.stringify({ seal: sealing, open: rate(start) })}\n`);
