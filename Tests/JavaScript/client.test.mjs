import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, textItem } from "../../WebUI/keylink/client.js";
import { readAll, readText, setUp } from "./support/client.mjs";
import { bytesItem, codeOf, sample } from "./support/envelopes.mjs";
import { problem } from "./support/fake-server.mjs";

test("a secret goes all the way, once", async () => {
  const { server, client, claims } = setUp();
  const shared = await client.share([textItem("hunter2")], { ttl: 3600, views: 1 });
  assert.equal(server.only.envelope.length, 80 + 256 + 16);
  const looked = await client.look(shared.link);
  assert.deepEqual([looked.size, looked.viewsLeft, looked.needsPassphrase, looked.claim], [352, 1, false, null]);
  assert.equal(server.only.viewsLeft, 1);
  const opened = await client.open(shared.link, { claims, looked });
  assert.equal(await codeOf(opened.acknowledge()), "not-verified");
  assert.equal(server.only.state, "claimed");
  assert.equal(await readText(opened), "hunter2");
  assert.equal(server.only.state, "claimed");
  await opened.acknowledge();
  assert.equal(server.only.state, "opened");
  assert.equal(await claims.get(client.base, shared.id), null);
  assert.equal(await codeOf(client.look(shared.link)), "opened");
  assert.equal((await client.receipt(shared.receiptLink)).state, "opened");
});

test("no key travels: not in a URL, not in a header, not in a draft that is stored elsewhere", async () => {
  const { server, client, claims } = setUp();
  const { link, receiptLink } = await client.share([textItem("x")], { passphrase: "open sesame" });
  const opened = await client.open(link, { claims, passphrase: "open sesame" });
  await readAll(opened);
  await opened.acknowledge();
  await client.receipt(receiptLink);
  const sent = JSON.stringify(server.log.map(({ url, headers }) => [url, ...headers]));
  for (const secret of [link.split("#")[1], receiptLink.split("#")[1], "sesame"]) assert.ok(!sent.includes(secret));
  assert.ok(server.log.every(({ url }) => !url.includes("#")));
});

test("an abort ends claim, download and waiting alike, and keeps the record", async () => {
  const { server, client, claims } = setUp();
  const { link, id } = await client.share([bytesItem(sample(500_000))]);
  server.faults.push({ on: "POST claim", what: "stall", after: 100_000 });
  const controller = new AbortController();
  const opened = await client.open(link, { claims, signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 20);
  await assert.rejects(readAll(opened), /enough/);
  await opened.close();
  assert.ok(await claims.get(client.base, id));
  assert.equal(server.only.state, "claimed");
  await assert.rejects(client.open(link, { claims, signal: controller.signal }), /enough/);
  await assert.rejects(client.share([textItem("x")], { signal: controller.signal }), /enough/);
});

test("progress is told in octets", async () => {
  const { client, claims } = setUp();
  /** @type {import("../../WebUI/keylink/client.js").Progress[]} */
  const told = [];
  const onProgress = (/** @type {import("../../WebUI/keylink/client.js").Progress} */ progress) => void told.push(progress);
  const { link } = await client.share([bytesItem(sample(2_000_000))], { passphrase: "p", onProgress });
  const opened = await client.open(link, { claims, passphrase: "p", onProgress });
  await readAll(opened);
  assert.deepEqual([...new Set(told.map(({ phase }) => phase))], ["stretching", "sealing", "sending", "receiving"]);
  for (const phase of ["sealing", "sending", "receiving"]) {
    const last = told.filter((progress) => progress.phase === phase).at(-1);
    assert.deepEqual([last?.done, last?.total], [opened.size, opened.size], phase);
  }
});

test("what is not a Keylink server is called that", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([textItem("x")]);
  const page = () => new Response("<html>", { status: 200 });
  for (const response of [
    page,
    () => new Response("{}", { status: 200 }),
    () => new Response("null", { status: 200 }),
    () => new Response("[]", { status: 404 }),
    () => problem(418, "teapot"),
  ]) {
    server.faults.push({ on: "GET secret", what: "answer", response });
    assert.equal(await codeOf(client.look(link)), "unexpected-answer");
    server.faults.push({ on: "GET limits", what: "answer", response });
    assert.equal(await codeOf(client.limits()), "unexpected-answer");
  }
  server.faults.push({ on: "POST claim", what: "answer", response: page });
  assert.equal(await codeOf(client.open(link, { claims })), "unexpected-answer");
  server.faults.push({ on: "GET secret", what: "refuse" });
  assert.equal(await codeOf(client.look(link)), "network");
});

test("plain http is for this machine only, and a link for its own server", async () => {
  const make = (/** @type {string} */ base, allowInsecure = false) => codeOf(() => void new Client(base, { allowInsecure }));
  for (const base of [
    "http://localhost:8080",
    "http://keys.localhost",
    "http://127.0.0.1:1",
    "http://127.9.9.9",
    "http://[::1]",
    "https://a.example",
  ]) {
    assert.equal(await make(base), "none", base);
  }
  for (const base of [
    "http://a.example",
    "http://127.0.0.1.example",
    "http://localhost.example",
    "http://[::2]",
    "http://10.0.0.1",
  ]) {
    assert.equal(await make(base), "insecure", base);
    assert.equal(await make(base, true), "none", base);
  }
  for (const base of ["", "a", "https://a/", "javascript:1", "https://10.0.0.256", "https://[:::]"])
    assert.equal(await make(base), "malformed-link", base);
  const { client, claims } = setUp();
  const { link } = await client.share([textItem("x")]);
  assert.equal(await codeOf(client.open(link.replace("keys", "other"), { claims })), "other-server");
});
