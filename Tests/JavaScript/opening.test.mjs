import assert from "node:assert/strict";
import { test } from "node:test";
import { textItem } from "../../WebUI/keylink/client.js";
import { octets } from "../../WebUI/keylink/streams.js";
import { readAll, readText, setUp } from "./support/client.mjs";
import { bytesItem, codeOf, sample } from "./support/envelopes.mjs";
import { problem } from "./support/fake-server.mjs";

test("a wrong passphrase takes no view, and is counted", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([textItem("deep")], { passphrase: "right" });
  const open = (/** @type {string | undefined} */ passphrase) => client.open(link, { claims, passphrase });
  assert.equal(await codeOf(open(undefined)), "passphrase-required");
  assert.equal(server.count("POST claim"), 0);
  assert.equal(await codeOf(open("wrong")), "wrong-key");
  assert.equal(server.only.viewsLeft, 1);
  const opened = await open("right");
  assert.equal(await readText(opened), "deep");
});

test("a broken download goes on where it was, in the middle of a box too", async () => {
  const { server, client, claims, waits } = setUp();
  const data = sample(3 * 2 ** 20);
  const { link } = await client.share([bytesItem(data)]);
  server.faults.push(
    { on: "POST claim", what: "cut", after: 70_001 },
    { on: "GET claim", what: "refuse" },
    { on: "GET claim", what: "cut", after: 1_000_003 },
    { on: "GET claim", what: "cut", after: 0 },
    { on: "GET claim", what: "whole" },
  );
  const opened = await client.open(link, { claims });
  assert.deepEqual(await readAll(opened), [data]);
  await opened.acknowledge();
  const ranges = server.log.filter(({ route }) => route === "GET claim").map(({ headers }) => headers.get("Range"));
  assert.deepEqual(ranges, ["bytes=70001-", "bytes=70001-", "bytes=1070004-", "bytes=1070004-"]);
  assert.equal(server.count("POST claim"), 1);
  assert.ok(waits.length >= 4 && waits.every((wait) => wait < 5000));
  const keys = server.log.filter(({ route }) => route.endsWith(" claim")).map(({ headers }) => headers.get("Idempotency-Key"));
  assert.equal(new Set(keys).size, 1);
});

test("a claim whose answer was lost is the same claim", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([textItem("x")]);
  server.faults.push({ on: "POST claim", what: "lose" }, { on: "POST claim", what: "refuse" });
  const opened = await client.open(link, { claims });
  assert.equal(await readText(opened), "x");
  assert.equal(server.only.claims.size, 1);
});

test("a claim goes on after a reload, though there is nothing left to look at", async () => {
  const { server, client, claims } = setUp();
  const { link, id } = await client.share([bytesItem(sample(300_000))], { passphrase: "p" });
  const first = await client.open(link, { claims, passphrase: "p" });
  await (await first.items.next()).value?.stream.getReader().read();
  await first.close(); // the tab is gone
  assert.equal(server.only.state, "claimed");
  assert.equal(await codeOf(client.look(link)), "claimed");
  const looked = await client.look(link, { claims });
  assert.deepEqual([looked.size, looked.needsPassphrase, looked.claim?.id], [null, true, id]);
  assert.equal(await codeOf(client.open(link, { claims, looked, passphrase: "q" })), "wrong-key");
  const again = await client.open(link, { claims, looked, passphrase: "p" });
  assert.deepEqual(await readAll(again), [sample(300_000)]);
  await again.acknowledge();
  assert.equal(server.only.claims.size, 1);
  assert.equal(server.only.state, "opened");
});

test("a claim has begun once octets came, whatever was asked before", async () => {
  const { client, claims } = setUp();
  const { link, id } = await client.share([textItem("x")], { passphrase: "p" });
  assert.equal(await codeOf(client.open(link, { claims, passphrase: "q" })), "wrong-key");
  assert.equal((await claims.get(client.base, id))?.begun, false);
  const opened = await client.open(link, { claims, passphrase: "p" });
  assert.equal((await claims.get(client.base, id))?.begun, true);
  await opened.close();
});

test("a claim that has run out is forgotten; with views left a new one is made", async () => {
  const { server, client, claims } = setUp();
  const { link, id } = await client.share([textItem("x")], { views: 2 });
  await (await client.open(link, { claims })).close();
  const [key] = server.only.claims.keys();
  server.end(server.only, key);
  const second = await client.open(link, { claims });
  assert.equal(await readText(second), "x");
  await second.close();
  assert.equal(server.only.claims.size, 2);
  for (const running of server.only.claims.keys()) server.end(server.only, running);
  const { parameters } = (await claims.get(client.base, id)) ?? assert.fail("no record");
  const looked = { id, size: null, expiresAt: null, viewsLeft: null, needsPassphrase: false, claim: null };
  const stale = { ...looked, parameters: new Uint8Array(Buffer.from(parameters, "base64url")) };
  assert.equal(await codeOf(client.open(link, { claims, looked: stale })), "lease-ended");
  assert.equal(await claims.get(client.base, id), null);
});

test("gone is told apart, with its time, and the record goes", async () => {
  for (const state of ["claimed", "opened", "expired", "revoked"]) {
    const { server, client, claims } = setUp();
    const { link, id } = await client.share([textItem("x")]);
    const looked = await client.look(link);
    server.only.state = state;
    await assert.rejects(client.look(link), { code: state, status: 410, at: "2026-03-03T14:02:00Z" });
    await assert.rejects(client.open(link, { claims, looked }), { code: state });
    assert.equal(await claims.get(client.base, id), null);
  }
});

test("an envelope put in place of the one that was looked at is refused, and not acknowledged", async () => {
  const { server, client } = setUp();
  const first = await client.share([textItem("mine")]);
  const mine = server.only;
  const second = await client.share([textItem("other")]);
  mine.envelope = server.secrets.get(second.id)?.envelope ?? mine.envelope;
  assert.equal(await codeOf(client.look(first.link)), "wrong-link");
  const fresh = setUp();
  const shared = await fresh.client.share([textItem("mine")]);
  const looked = await fresh.client.look(shared.link);
  fresh.server.only.envelope = mine.envelope;
  assert.equal(await codeOf(fresh.client.open(shared.link, { claims: fresh.claims, looked })), "wrong-link");
  assert.equal(fresh.server.count("DELETE claim"), 0);
  assert.ok(await fresh.claims.get(fresh.client.base, shared.id));
});

test("parameters that the sender did not write are refused before a claim", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([textItem("x")]);
  server.only.envelope[20] ^= 1;
  assert.equal(await codeOf(client.open(link, { claims })), "wrong-link");
  assert.equal(server.count("POST claim"), 0);
});

test("a corrupt envelope is never acknowledged", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([bytesItem(sample(200_000))]);
  server.only.envelope[150_000] ^= 1;
  const opened = await client.open(link, { claims });
  assert.equal(await codeOf(readAll(opened)), "corrupt");
  assert.equal(await codeOf(opened.acknowledge()), "not-verified");
  assert.equal(server.count("DELETE claim"), 0);
});

test("an acknowledgement whose answer was lost is sent again", async () => {
  const { server, client, claims } = setUp();
  const { link, id } = await client.share([textItem("x")]);
  const opened = await client.open(link, { claims });
  await readAll(opened);
  server.faults.push({ on: "DELETE claim", what: "lose" }, { on: "DELETE claim", what: "refuse" });
  await opened.acknowledge();
  assert.equal(server.only.state, "opened");
  assert.equal(await claims.get(client.base, id), null);
});

test("a secret revoked in the middle of the download stays gone", async () => {
  const { server, client, claims } = setUp();
  const { link, receiptLink, id } = await client.share([bytesItem(sample(500_000))]);
  server.faults.push({ on: "POST claim", what: "cut", after: 100_000 });
  const opened = await client.open(link, { claims });
  await client.revoke(receiptLink);
  assert.equal(await codeOf(readAll(opened)), "lease-ended");
  await opened.close();
  assert.ok(await claims.get(client.base, id));
  assert.equal(await codeOf(client.open(link, { claims })), "revoked");
});

test("waiting follows Retry-After, and a long one is the reader's to know", async () => {
  const { server, client, claims, waits } = setUp();
  const { link } = await client.share([textItem("x")]);
  const response = (/** @type {number} */ status, /** @type {string} */ code, /** @type {string} */ after) => () =>
    problem(status, code, {}, { "Retry-After": after });
  server.faults.push({ on: "POST claim", what: "answer", response: response(503, "storage-unavailable", "7") });
  await (await client.open(link, { claims })).close();
  assert.deepEqual(waits, [7000]);
  for (const [status, code] of /** @type {[number, string][]} */ ([
    [429, "too-many-attempts"],
    [429, "too-many-requests"],
    [503, "shutting-down"],
  ])) {
    server.faults.push({ on: "POST claim", what: "answer", response: response(status, code, "3600") });
    await assert.rejects(client.open(link, { claims }), { code, retryAfter: 3600 });
  }
});

test("patience ends", async () => {
  const { server, client, claims, waits } = setUp();
  const { link } = await client.share([textItem("x")]);
  server.faults.push(...Array(40).fill({ on: "POST claim", what: "refuse" }));
  assert.equal(await codeOf(client.open(link, { claims })), "network");
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  assert.ok(total > 150_000 && total < 300_000, `${total} ms`);
});

test("closing in the middle of a stall ends it", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([bytesItem(sample(500_000))]);
  server.faults.push({ on: "POST claim", what: "stall", after: 100_000 });
  const opened = await client.open(link, { claims });
  const reading = readAll(opened);
  setTimeout(() => opened.close(), 20);
  await assert.rejects(reading, { name: "AbortError" });
});

test("items are streams that can be read as they come", async () => {
  const { client, claims } = setUp();
  const { link } = await client.share([bytesItem(sample(4 * 2 ** 20)), textItem("after")]);
  const opened = await client.open(link, { claims });
  const sizes = [];
  for await (const item of opened.items) {
    let size = 0;
    for await (const piece of octets(item.stream)) size += piece.length;
    sizes.push(size);
  }
  assert.deepEqual(sizes, [4 * 2 ** 20, 5]);
});
