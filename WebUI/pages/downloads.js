/**
 * Hands a file to the browser's downloads while it is being decrypted, through a service worker (saver.js) that exists
 * only as long as it is needed.
 */

/** A service worker that has not asked for anything by then does not work here, in milliseconds. */
const STARTS_WITHIN = 10_000;
/** Browsers end a service worker that hears nothing for 30 s. */
const SIGN_OF_LIFE = 10_000;

const TRIES = 5;
const BETWEEN = 300;

/** @typedef {import("./saving.js").Source} Source */

/** How many files are on their way: the last one sends the service worker away. */
let running = 0;

/** It did not come to anything, and no piece was asked for: another way may do. */
export class NotStarted extends Error {}

/**
 * @param {Source} source @param {AsyncGenerator<Uint8Array, void, void>} pieces of it
 * @param {{saver: () => Promise<ServiceWorkerRegistration>, signal?: AbortSignal}} options
 * @returns {Promise<void>} once the browser has taken all of it
 * @throws {NotStarted | DOMException} `AbortError` where the reader stopped it, here or in the list of downloads
 */
export async function download(source, pieces, { saver, signal }) {
  running++;
  let registration;
  try {
    registration = await saver();
    await carry(await activeOf(registration), registration.scope, source, pieces, signal);
  } catch (error) {
    // No service workers in this window (private ones of some browsers), or none from here.
    if (!registration && (error instanceof DOMException || error instanceof TypeError)) throw new NotStarted();
    throw error;
  } finally {
    running--;
    if (running === 0) await registration?.unregister();
  }
}

/** @param {ServiceWorkerRegistration} registration @returns {Promise<ServiceWorker>} */
function activeOf({ installing, waiting, active }) {
  const worker = installing ?? waiting ?? active;
  return new Promise((resolve, reject) => {
    const check = () => {
      if (worker?.state === "activated") resolve(worker);
      if (!worker || worker.state === "redundant") reject(new NotStarted());
    };
    worker?.addEventListener("statechange", check);
    check();
  });
}

/**
 * @param {ServiceWorker} worker @param {string} scope @param {Source} source
 * @param {AsyncGenerator<Uint8Array, void, void>} pieces @param {AbortSignal} [signal]
 */
async function carry(worker, scope, { name, size }, pieces, signal) {
  const id = globalThis.crypto.randomUUID();
  const { port1: port, port2 } = new MessageChannel();
  worker.postMessage({ id, name, size, port: port2 }, [port2]);
  const alive = setInterval(() => worker.postMessage({}), SIGN_OF_LIFE);
  const frame = frameOf(scope + id);
  try {
    await feed(port, pieces, signal);
  } finally {
    clearInterval(alive);
    port.close();
    frame.remove();
  }
}

/**
 * Asks for an address in a frame that nobody sees. A download leaves the frame as it was; where it has loaded, the server was
 * asked instead (a service worker is not in between at once everywhere), and another try follows.
 * @param {string} address @returns {HTMLIFrameElement}
 */
function frameOf(address) {
  const frame = document.createElement("iframe");
  let tries = 1;
  frame.hidden = true;
  frame.src = address;
  frame.addEventListener("load", () => {
    if (tries++ < TRIES) setTimeout(() => frame.setAttribute("src", address), BETWEEN);
  });
  document.body.append(frame);
  return frame;
}

/**
 * A piece for each time that the service worker asks for one.
 * @param {MessagePort} port @param {AsyncGenerator<Uint8Array, void, void>} pieces @param {AbortSignal} [signal]
 */
async function feed(port, pieces, signal) {
  /** @type {(question: string) => void} */
  let answered = () => undefined;
  /** @type {string[]} */
  const waiting = [];
  port.onmessage = ({ data }) => {
    waiting.push(data);
    answered(data);
  };
  const question = async () => {
    if (waiting.length === 0) {
      await new Promise((resolve) => {
        answered = resolve;
      });
    }
    return waiting.shift();
  };
  const stop = () => port.onmessage?.(new MessageEvent("message", { data: "aborted" }));
  signal?.addEventListener("abort", stop, { once: true });
  const patience = setTimeout(() => port.onmessage?.(new MessageEvent("message", { data: "silence" })), STARTS_WITHIN);
  let asked = await question();
  clearTimeout(patience);
  if (asked === "silence") throw new NotStarted();
  try {
    for (; asked === "more"; asked = await question()) {
      const { done, value } = await pieces.next();
      if (done) return void port.postMessage({ end: true });
      const piece = value.slice(); // others may look into the same octets
      port.postMessage({ piece }, [piece.buffer]);
    }
    throw signal?.reason ?? new DOMException("stopped in the list of downloads", "AbortError");
  } catch (error) {
    port.postMessage({ failed: true });
    throw error;
  } finally {
    await pieces.return();
    signal?.removeEventListener("abort", stop);
  }
}
