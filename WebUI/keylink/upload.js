/**
 * How a sealed envelope is sent: as a Blob, since browsers stream no request body over HTTP/1.1.
 */

import { KeylinkError } from "./errors.js";

/** Octets. What a server answers, envelopes apart, is a few KiB; more is not read. */
export const LARGEST_ANSWER = 65_536;

/**
 * @typedef {object} UploadRequest
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {Blob} body
 * @property {AbortSignal} [signal]
 * @property {(sent: number) => void} [onProgress] octets so far
 */

/**
 * Rejects with a TypeError where the network failed, with the signal's reason where the signal said so.
 * @typedef {(request: UploadRequest) => Promise<Response>} Upload
 */

/**
 * Knows no progress: `onProgress` is called once, at the end.
 * @param {typeof globalThis.fetch} fetch
 * @returns {Upload}
 */
export function uploadWithFetch(fetch) {
  return async ({ url, headers, body, signal, onProgress }) => {
    const answer = await fetch(url, { ...discreet, method: "POST", headers, body, signal });
    onProgress?.(body.size);
    return answer;
  };
}

/** What every request is: no cookie, no referrer, no copy kept, and no way to be led elsewhere. */
export const discreet = /** @type {const} */ ({
  credentials: "omit",
  referrerPolicy: "no-referrer",
  cache: "no-store",
  redirect: "error",
});

/**
 * For pages and extension documents (service workers have no XMLHttpRequest). Cookies of the page's own origin would
 * travel along; a Keylink server sets none. XMLHttpRequest follows redirects and cannot be told not to: an answer from
 * elsewhere is refused as `unexpected-answer`.
 * @type {Upload}
 */
export function uploadWithXHR({ url, headers, body, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    const settle = (/** @type {() => void} */ act) => () => {
      signal?.removeEventListener("abort", stop);
      act();
    };
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded);
    const take = (/** @type {string} */ text) => {
      if (request.responseURL === new URL(url).href) resolve(toResponse(request, text));
      else reject(new KeylinkError("unexpected-answer"));
    };
    request.onprogress = ({ loaded }) => {
      if (loaded <= LARGEST_ANSWER) return;
      take("");
      request.abort();
    };
    request.onload = settle(() => take(request.responseText));
    request.onerror = settle(() => reject(new TypeError("the upload failed")));
    request.onabort = settle(() => reject(signal?.reason ?? new DOMException("aborted", "AbortError")));
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener("abort", stop, { once: true });
    request.send(body);
  });
}

/** @param {XMLHttpRequest} request @param {string} text of the answer @returns {Response} */
function toResponse(request, text) {
  const lines = request.getAllResponseHeaders().split("\r\n").filter(Boolean);
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim());
  const empty = request.status === 204 || request.status === 304;
  return new Response(empty ? null : text, { status: request.status, headers });
}
