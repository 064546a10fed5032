/**
 * Has the frame that was clicked fetch a file and send it out: with the rights of its page, neither more nor fewer, and only
 * now that the user asks for this file.
 */

import { Trouble } from "./trouble.js";

/**
 * @param {string} id of the share, which names the port
 * @param {string} address
 * @param {{tabId: number, frameId: number}} frame
 * @returns {Promise<void>} once the page has begun
 * @throws {Trouble} `pageClosed` where no script is let in
 */
export async function sendFromPage(id, address, { tabId, frameId }) {
  const target = { tabId, frameIds: [frameId] };
  await chrome.scripting.executeScript({ target, func: sendFile, args: [`file:${id}`, address] }).catch(() => {
    throw new Trouble("pageClosed");
  });
}

/**
 * Runs in the frame, alone, in a world of its own: it may use nothing from this file.
 * @param {string} name of the port @param {string} address
 */
function sendFile(name, address) {
  const port = chrome.runtime.connect({ name });
  const abort = new AbortController();
  let allowed = 0;
  /** @type {() => void} */
  let goOn = () => undefined;
  port.onMessage.addListener(({ more }) => {
    allowed += more;
    goOn();
  });
  port.onDisconnect.addListener(() => {
    abort.abort();
    goOn();
  });

  /** As many octets at once as one message should hold. */
  const most = 2 ** 18;
  const { origin, host, protocol } = new URL(address, location.href);
  const isOwn = !protocol.startsWith("http") || origin === location.origin;

  /** @returns {Promise<Response>} */
  async function ask() {
    const options = /** @type {const} */ ({ signal: abort.signal, cache: "force-cache" });
    // A site that allows any other to read does so for requests without cookies only; one that asks for them names us.
    return await fetch(address, { ...options, credentials: "same-origin" }).catch((error) => {
      if (isOwn || abort.signal.aborted) throw error;
      return fetch(address, { ...options, credentials: "include" });
    });
  }

  /** @param {Response} answer @returns {string} the file's name, where the answer has one */
  function nameIn({ headers }) {
    const text = headers.get("Content-Disposition") ?? "";
    const coded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(text)?.[1];
    if (coded) return decodeURIComponent(coded);
    const [, quoted, bare] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(text) ?? [];
    return quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "";
  }

  /** @param {Response} answer */
  function begin(answer) {
    const length = Number(answer.headers.get("Content-Length") ?? Number.NaN);
    const size = Number.isSafeInteger(length) ? length : null;
    // Of what another site answers, also where a request to this one was led there, the encoding is not to be seen.
    const exact = isOwn && answer.type !== "cors" && size !== null && !answer.headers.has("Content-Encoding");
    let name = "";
    try {
      name = nameIn(answer);
    } catch (error) {
      if (!(error instanceof URIError)) throw error; // a stray % sign
    }
    port.postMessage({ begin: { type: answer.headers.get("Content-Type") ?? "", name, size, exact } });
  }

  /** @param {Uint8Array} piece @returns {Promise<string>} base64, made by the browser itself */
  function encode(piece) {
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(new Blob([/** @type {BlobPart} */ (piece)]));
    });
  }

  /** @param {Uint8Array} piece */
  async function send(piece) {
    for (let at = 0; at < piece.length; at += most) {
      while (allowed === 0 && !abort.signal.aborted) {
        await new Promise((resolve) => {
          goOn = () => resolve(undefined);
        });
      }
      if (abort.signal.aborted) return;
      allowed -= 1;
      port.postMessage({ piece: await encode(piece.subarray(at, at + most)) });
    }
  }

  async function run() {
    const answer = await ask();
    if (!answer.ok) return port.postMessage({ refused: { code: "status", host, status: answer.status } });
    begin(answer);
    const reader = answer.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done || abort.signal.aborted) break;
      await send(value);
    }
    if (!abort.signal.aborted) port.postMessage({ end: true });
  }

  run().catch(() => {
    if (!abort.signal.aborted) port.postMessage({ refused: { code: isOwn ? "unreachable" : "otherSite", host } });
  });
}
