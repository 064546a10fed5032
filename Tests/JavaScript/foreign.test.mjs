/**
 * Answers that no Keylink server gives: a proxy's pages, endless bodies, numbers out of all proportion.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { textItem } from "../../WebUI/keylink/client.js";
import { problemOf, readJSON } from "../../WebUI/keylink/http.js";
import { uploadWithXHR } from "../../WebUI/keylink/upload.js";
import { readAll, setUp } from "./support/client.mjs";
import { bytesItem, codeOf, sample } from "./support/envelopes.mjs";
import { problem } from "./support/fake-server.mjs";

const page = (/** @type {number} */ status) => () => new Response("<html>Gone", { status });

test("a foreign 404 or 410 ends no claim, and takes no record", async () => {
  for (const status of [404, 410]) {
    const { server, client, claims } = setUp();
    const { link, id } = await client.share([textItem("x")]);
    server.faults.push({ on: "POST claim", what: "answer", response: page(status) });
    await assert.rejects(client.open(link, { claims }), { code: "unexpected-answer", status });
    assert.ok(await claims.get(client.base, id));
  }
});

test("a foreign 404 or 410 in the middle of a download is a break", async () => {
  for (const status of [404, 410]) {
    const { server, client, claims, waits } = setUp();
    const data = sample(300_000);
    const { link } = await client.share([bytesItem(data)]);
    server.faults.push(
      { on: "POST claim", what: "cut", after: 100_000 },
      { on: "GET claim", what: "answer", response: page(status) },
    );
    const opened = await client.open(link, { claims });
    assert.deepEqual(await readAll(opened), [data]);
    assert.equal(waits.length, 2);
    await opened.acknowledge();
  }
});

test("only 204, or the server's own word, is an acknowledgement", async () => {
  for (const response of [page(410), page(404), page(200), () => new Response("null"), () => problem(410, "teapot")]) {
    const { server, client, claims } = setUp();
    const { link, id } = await client.share([textItem("x")]);
    const opened = await client.open(link, { claims });
    await readAll(opened);
    server.faults.push(...Array(40).fill({ on: "DELETE claim", what: "answer", response }));
    assert.equal(await codeOf(opened.acknowledge()), "unexpected-answer");
    assert.equal(server.only.state, "claimed");
    assert.ok(await claims.get(client.base, id));
    server.faults.length = 0;
    await opened.acknowledge();
    assert.equal(server.only.state, "opened");
    assert.equal(await claims.get(client.base, id), null);
  }
});

test("a revocation is believed with 204 only", async () => {
  const { server, client } = setUp();
  const { receiptLink } = await client.share([textItem("x")]);
  server.faults.push({ on: "DELETE secret", what: "answer", response: () => new Response("{}") });
  assert.equal(await codeOf(client.revoke(receiptLink)), "unexpected-answer");
  await client.revoke(receiptLink);
  assert.equal(server.only.state, "revoked");
});

test("an endless answer is read for 64 KiB, and its status stays", async () => {
  for (const status of [200, 503]) {
    let sent = 0;
    let cancelled = false;
    const stream = new ReadableStream({
      pull(controller) {
        sent += 4096;
        if (sent > 2 ** 24) return controller.close();
        controller.enqueue(new Uint8Array(4096).fill(0x20));
      },
      cancel() {
        cancelled = true;
      },
    });
    const answer = new Response(stream, { status });
    const error = /** @type {any} */ (await (status === 200 ? readJSON(answer).catch((reason) => reason) : problemOf(answer)));
    assert.deepEqual([error.code, error.status], ["unexpected-answer", status]);
    assert.ok(cancelled && sent <= 2 ** 17, `${sent}`);
  }
});

test("a small answer is read in whatever pieces it comes", async () => {
  const bytes = new TextEncoder().encode('{"word":"Schlüssel"}');
  const stream = new ReadableStream({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  assert.deepEqual(await readJSON(new Response(stream)), { word: "Schlüssel" });
});

test("Retry-After is seconds or an HTTP date, and a day at most", async () => {
  const after = async (/** @type {string} */ text) =>
    (await problemOf(problem(429, "too-many-requests", {}, { "Retry-After": text }))).retryAfter;
  const day = 86_400;
  for (const text of ["99999999999999999999", "9".repeat(400), String(day + 1), "Fri, 31 Dec 9999 23:59:59 GMT"]) {
    assert.equal(await after(text), day, text);
  }
  for (const text of ["-1", "1.5", "1e3", "soon", "2001", "Sat, 13 Sep 275760 00:00:00 GMT", "Mon, 99 Foo 2026 00:00:00 GMT"]) {
    assert.equal(await after(text), text === "2001" ? 2001 : undefined, text);
  }
  assert.equal(await after("0"), 0);
  assert.equal(await after("3600"), 3600);
  assert.equal(await after("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
  const soon = await after(new Date(Date.now() + 90_000).toUTCString());
  assert.ok(soon !== undefined && soon > 80 && soon <= 90, `${soon}`);
});

test("numbers that no server means are refused", async () => {
  const { server, client } = setUp();
  const { link, receiptLink } = await client.share([textItem("x")], { views: 3 });
  const ttl = { min: 60, max: 3600, default: 600 };
  /** @type {[string, () => Promise<any>, object[]][]} */
  const cases = [
    [
      "GET limits",
      () => client.limits(),
      [
        ...[-1, 96, 1e300].map((maxEnvelopeBytes) => ({ maxEnvelopeBytes })),
        ...[-1, 0].map((maxViews) => ({ maxViews })),
        ...[{ min: 0 }, { max: 1e15 }, { default: 3601 }, { min: 601 }].map((part) => ({ ttl: { ...ttl, ...part } })),
      ],
    ],
    ["GET secret", () => client.look(link), [{ viewsLeft: 0 }, { viewsLeft: -1 }, { size: 96 }, { size: 1e300 }]],
    [
      "GET receipt",
      () => client.receipt(receiptLink),
      [{ size: -1 }, { size: 96 }, { views: 0 }, { viewsLeft: 4 }, { viewsLeft: -1 }, { failedClaims: 0.5 }],
    ],
  ];
  for (const [on, act, changes] of cases) {
    const { parameters, ...read } = await act();
    const whole = { ...read, ...(parameters && { parameters: Buffer.from(parameters).toString("base64url") }) };
    const changed = (/** @type {object} */ change) => {
      const response = () => new Response(JSON.stringify({ ...whole, ...change }));
      server.faults.push({ on, what: "answer", response });
      return codeOf(act());
    };
    assert.equal(await changed({}), "none", on);
    for (const change of changes) assert.equal(await changed(change), "unexpected-answer", on + JSON.stringify(change));
  }
});

/** As much of XMLHttpRequest as the upload uses; `answer` is what comes back. */
class FakeXHR {
  static answer = { responseURL: "", status: 201, responseText: "{}", loaded: 2 };
  upload = {};
  /** @type {((event: {loaded: number}) => void) | undefined} */
  onprogress;
  onload = () => {};
  onabort = () => {};
  status = 0;
  responseText = "";
  responseURL = "";
  open() {}
  setRequestHeader() {}
  getAllResponseHeaders() {
    return "content-type: application/json\r\n";
  }
  abort() {
    this.status = 0;
    this.onabort();
  }
  send() {
    const { loaded, ...answer } = FakeXHR.answer;
    Object.assign(this, answer);
    this.onprogress?.({ loaded });
    this.onload();
  }
}

test("an upload's answer from elsewhere is refused, and an endless one cut off", async () => {
  const url = "https://keys.example/api/v1/secrets?";
  const before = globalThis.XMLHttpRequest;
  globalThis.XMLHttpRequest = /** @type {any} */ (FakeXHR);
  try {
    const upload = () => uploadWithXHR({ url, headers: {}, body: new Blob(["x"]) });
    FakeXHR.answer = { responseURL: url, status: 201, responseText: '{"a":1}', loaded: 7 };
    assert.deepEqual(await (await upload()).json(), { a: 1 });
    FakeXHR.answer.loaded = 2 ** 16 + 1;
    const cut = await upload();
    assert.deepEqual([cut.status, await cut.text()], [201, ""]);
    for (const responseURL of ["https://elsewhere.example/api/v1/secrets?", `${url}ttl=1`, "http://keys.example/", ""]) {
      FakeXHR.answer = { responseURL, status: 201, responseText: "{}", loaded: 2 };
      await assert.rejects(upload(), { code: "unexpected-answer" });
    }
  } finally {
    globalThis.XMLHttpRequest = before;
  }
});
