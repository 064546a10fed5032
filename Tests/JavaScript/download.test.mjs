import assert from "node:assert/strict";
import { test } from "node:test";
import { concat } from "../../WebUI/keylink/bytes.js";
import { Download } from "../../WebUI/keylink/download.js";
import { streamOf } from "../../WebUI/keylink/streams.js";
import { codeOf, pieces, sample } from "./support/envelopes.mjs";

const data = sample(100_000);

/**
 * @param {((headers: Record<string, string>, signal: AbortSignal) => Response | Promise<Response>)[]} answers in turn
 * @param {AbortSignal} [signal]
 */
function download(answers, signal) {
  /** @type {string[]} */
  const breaks = [];
  const fetch = /** @type {typeof globalThis.fetch} */ (
    async (_url, init) => {
      const answer = answers.shift();
      if (!answer) throw new TypeError("nothing left");
      return answer(/** @type {Record<string, string>} */ (init?.headers), /** @type {AbortSignal} */ (init?.signal));
    }
  );
  const wait = async () => undefined;
  const onBreak = () => void breaks.push("break");
  const made = new Download({ fetch, url: "https://a/claim", headers: {}, wait, signal, stalledAfter: 40, onBreak });
  return { made, breaks };
}

/** @param {Download} made */
async function read(made) {
  await made.claim();
  const parts = [];
  for await (const piece of made.pieces()) parts.push(piece);
  return concat(...parts);
}

/** @param {number} from @param {number} to @param {Record<string, string>} [headers] */
function part(from, to, headers = {}) {
  const range = from > 0 ? { "Content-Range": `bytes ${from}-${data.length - 1}/${data.length}` } : undefined;
  return new Response(streamOf(pieces(data.subarray(from, to), 7000)), {
    status: from > 0 ? 206 : 200,
    headers: { "Content-Length": String(data.length - from), ...range, ...headers },
  });
}

/** Sends some, then nothing more, ever. @param {number} from @param {number} to @returns {(headers: unknown, signal: AbortSignal) => Response} */
const stalling = (from, to) => (_headers, signal) => {
  const whole = part(from, to);
  const reader = whole.body?.getReader();
  const stream = new ReadableStream({
    async pull(controller) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (!done) return controller.enqueue(value);
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  return new Response(stream, { status: whole.status, headers: whole.headers });
};

test("an answer that ends early is a break, not an end", async () => {
  const { made, breaks } = download([() => part(0, 30_000), () => part(30_000, 70_001), () => part(70_001, data.length)]);
  assert.deepEqual(await read(made), data);
  assert.equal(breaks.length, 2);
});

test("a connection that stands still is given up", async () => {
  const { made, breaks } = download([stalling(0, 50_000), stalling(50_000, 50_000), () => part(50_000, data.length)]);
  assert.deepEqual(await read(made), data);
  assert.equal(breaks.length, 2);
});

test("a reader that takes its time is not a connection that stands still", async () => {
  const answer = (/** @type {object} */ _headers, /** @type {AbortSignal} */ signal) => {
    const whole = part(0, data.length);
    return new Response(whole.body?.pipeThrough(new TransformStream(), { signal }), { headers: whole.headers });
  };
  const { made, breaks } = download([answer]);
  await made.claim();
  const parts = [];
  for await (const piece of made.pieces()) {
    if (parts.length < 2) await new Promise((go) => setTimeout(go, 60));
    parts.push(piece);
  }
  assert.deepEqual(concat(...parts), data);
  assert.equal(breaks.length, 0);
});

test("the whole in place of a range is passed over to where it broke", async () => {
  const { made } = download([() => part(0, 30_001), () => part(0, 50_003), () => part(0, data.length)]);
  assert.deepEqual(await read(made), data);
});

test("answers that do not fit are refused", async () => {
  const begin = () => part(0, 30_000);
  const plain =
    (/** @type {Record<string, string>} */ headers, status = 200) =>
    () =>
      new Response(sample(200), { status, headers });
  for (const answers of [
    [plain({})],
    [plain({ "Content-Length": "96" })],
    [plain({ "Content-Length": "-1" })],
    [plain({ "Content-Length": "200" }, 206)],
    [begin, () => part(40_000, data.length)],
    [begin, () => part(30_000, data.length, { "Content-Range": `bytes 30000-99999/${data.length + 1}` })],
    [begin, () => part(30_000, data.length, { "Content-Range": `bytes 30000-99998/${data.length}` })],
    [begin, () => part(0, data.length, { "Content-Length": "100001" })],
  ]) {
    assert.equal(await codeOf(read(download(answers).made)), "unexpected-answer");
  }
});

test("more than was announced is cut off", async () => {
  const { made } = download([() => part(0, data.length, { "Content-Length": "50000" })]);
  assert.deepEqual(await read(made), data.subarray(0, 50_000));
});

test("an abort ends a stall at once", async () => {
  const controller = new AbortController();
  const { made } = download([stalling(0, 50_000)], controller.signal);
  setTimeout(() => controller.abort(new Error("enough")), 10);
  await assert.rejects(read(made), /enough/);
});
