import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { textItem } from "../../WebUI/keylink/client.js";
import { setUp } from "./support/client.mjs";
import { codeOf } from "./support/envelopes.mjs";
import { clean, local, session } from "./support/extension.mjs";

const { clear, forget, isAlive, isSettled, listOwn, onOwn, refresh, remember, revoke } = await import("../../Extension/own.js");

const LATER = new Date(Date.now() + 3_600_000).toISOString();
const LONG_AGO = new Date(Date.now() - 30 * 86_400_000).toISOString();

beforeEach(clean);

/** @param {string} id @param {object} [more] */
const sample = (id, more) => ({
  ...{ id, base: "https://keys.example", link: `link of ${id}`, receiptLink: `receipt of ${id}` },
  ...{ passphrase: null, expiresAt: LATER, views: 1, ...more },
});

/** Shares to a server that answers whoever asks from here on. */
async function shared() {
  const { client, server } = setUp();
  globalThis.fetch = server.fetch;
  const result = await client.share([textItem("a secret")]);
  await remember({ ...result, base: server.base, expiresAt: LATER, passphrase: "four words by chance" });
  const [own] = await listOwn();
  return { server, own };
}

test("what opens it is kept in memory only", async () => {
  await remember(sample("one", { passphrase: "drawn by chance" }));
  const durable = JSON.stringify(await local.get(null));
  assert.ok(durable.includes("receipt of one"));
  assert.ok(!durable.includes("link of one") && !durable.includes("drawn by chance"));
  session.clear();
  const [own] = await listOwn();
  assert.deepEqual([own.link, own.passphrase, own.receiptLink], [null, null, "receipt of one"]);
});

test("fifty at once are fifty, however they meet", async () => {
  const ids = Array.from({ length: 50 }, (_, at) => `secret ${at}`);
  await Promise.all(ids.map((id) => remember(sample(id))));
  const own = await listOwn();
  assert.deepEqual(own.map(({ id }) => id).sort(), ids.sort());
  assert.ok(own.every(({ id, link }) => link === `link of ${id}`));
});

test("another server's secret of the same name is another secret", async () => {
  await remember(sample("one"));
  await remember(sample("one", { base: "https://hostile.example", link: "another" }));
  assert.deepEqual((await listOwn()).map(({ link }) => link).sort(), ["another", "link of one"]);
});

test("there is an end to the list: what is over goes first, and all of it from both places", async () => {
  await remember(sample("over", { expiresAt: LONG_AGO }));
  for (let at = 0; at < 101; at++) await remember(sample(`secret ${at}`));
  const own = await listOwn();
  assert.equal(own.length, 100);
  assert.ok(!own.some(({ id }) => id === "over"));
  assert.equal(Object.keys(await session.get(null)).length, 100);
});

test("its receipt says what became of it, and what has ended is not copied again", async () => {
  const { server, own } = await shared();
  assert.ok(isAlive(own) && !isSettled(own));
  await refresh(own);
  const [waiting] = await listOwn();
  assert.equal(waiting.told?.name, "waiting");
  assert.equal(waiting.passphrase, "four words by chance");
  server.only.state = "opened";
  await refresh(own);
  const [opened] = await listOwn();
  assert.deepEqual([opened.told?.name, opened.link, opened.passphrase], ["lapsed", null, null]);
  assert.ok(!isAlive(opened) && isSettled(opened));
});

test("a server that knows nothing of it is believed; one that does not answer changes nothing", async () => {
  const { server, own } = await shared();
  server.faults.push({ on: "GET receipt", what: "refuse" });
  assert.equal(await codeOf(refresh(own)), "network");
  assert.equal((await listOwn())[0].told, null);
  server.secrets.clear();
  await refresh(own);
  assert.equal((await listOwn())[0].told?.name, "unknown");
});

test("revoked, its link opens nothing and is kept nowhere", async () => {
  const { server, own } = await shared();
  await revoke(own);
  assert.equal(server.only.state, "revoked");
  const [revoked] = await listOwn();
  assert.deepEqual([revoked.told?.name, revoked.link], ["revoked", null]);
});

test("what was opened before it could be revoked says so", async () => {
  const { server, own } = await shared();
  server.only.state = "opened";
  await revoke(own);
  assert.equal((await listOwn())[0].told?.name, "lapsed");
});

test("a server out of reach is said, and it is still to be revoked", async () => {
  const { server, own } = await shared();
  server.faults.push({ on: "DELETE secret", what: "refuse" });
  assert.equal(await codeOf(revoke(own)), "network");
  assert.equal((await listOwn())[0].told, null);
});

test("what is forgotten while its receipt is asked for stays forgotten", async () => {
  const { own } = await shared();
  const asking = refresh(own);
  await forget(own);
  await asking;
  assert.deepEqual(await listOwn(), []);
  assert.deepEqual(await session.get(null), {});
});

test("cleared, nothing is left in either place but what is not of the list", async () => {
  await local.set({ settings: { ttl: 300 } });
  await remember(sample("one"));
  await remember(sample("two"));
  const heard = new Promise((resolve) => onOwn(() => resolve("heard")));
  await clear();
  assert.equal(await heard, "heard");
  assert.deepEqual(await listOwn(), []);
  assert.deepEqual([await local.get(null), await session.get(null)], [{ settings: { ttl: 300 } }, {}]);
});
