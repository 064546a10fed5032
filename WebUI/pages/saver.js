/**
 * A service worker through which a page hands a large file to the browser's downloads, piece by piece (downloads.js).
 *
 * It answers the addresses that a page has announced, once each, and nothing else; it keeps nothing. A classic script
 * without imports: not every browser runs modules here.
 */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** @typedef {{name: string, size: number, port: MessagePort}} Announced */

/** @type {Map<string, Announced>} by the last part of the address */
const announced = new Map();

worker.addEventListener("install", () => void worker.skipWaiting());

worker.addEventListener("message", ({ data }) => {
  if (data.id) announced.set(data.id, data); // all else only keeps this worker from being ended
});

worker.addEventListener("fetch", (event) => {
  const id = new URL(event.request.url).pathname.split("/").pop() ?? "";
  const file = announced.get(id);
  announced.delete(id);
  event.respondWith(file ? answer(file) : new Response(null, { status: 404 }));
});

/** @param {Announced} file @returns {Response} */
function answer({ name, size, port }) {
  // RFC 8187: what is not a letter, digit or one of a few signs is escaped.
  const escaped = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return new Response(streamFrom(port), {
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename*=UTF-8''${escaped}`,
      "Content-Length": String(size),
      "Content-Security-Policy": "sandbox; default-src 'none'",
      "X-Content-Type-Options": "nosniff",
      "Cross-Origin-Embedder-Policy": "require-corp",
      "Cross-Origin-Resource-Policy": "same-origin",
    },
  });
}

/**
 * Asks the page for each piece when the download has room for it.
 * @param {MessagePort} port
 * @returns {ReadableStream<Uint8Array>}
 */
function streamFrom(port) {
  return new ReadableStream(
    {
      pull: (controller) =>
        new Promise((resolve) => {
          port.onmessage = ({ data }) => {
            if (data.piece) controller.enqueue(data.piece);
            else if (data.end) controller.close();
            else controller.error(new DOMException("the page has stopped it", "AbortError"));
            resolve();
          };
          port.postMessage("more");
        }),
      cancel: () => port.postMessage("stopped"),
    },
    { highWaterMark: 0 },
  );
}
