import assert from "node:assert/strict";
import { test } from "node:test";
import { textItem } from "../../WebUI/keylink/client.js";
import { MemoryKeeper } from "../../WebUI/keylink/keeping.js";
import { parseLink } from "../../WebUI/keylink/link.js";
import { setUp } from "./support/client.mjs";
import { bytesItem, codeOf, sample } from "./support/envelopes.mjs";
import { problem } from "./support/fake-server.mjs";

test("limits, and what exceeds them is neither sent nor sealed to the end", async () => {
  const { server, client } = setUp();
  const { maxEnvelopeBytes } = await client.limits();
  assert.equal(maxEnvelopeBytes, 2 ** 30);
  const share = (/** @type {boolean} */ sized) => client.share([bytesItem(sample(5000), { sized })], { maxEnvelopeBytes: 5000 });
  assert.equal(await codeOf(share(true)), "too-large");
  assert.equal(await codeOf(share(false)), "too-large");
  assert.equal(server.count("POST secrets"), 0);
});

test("a lost answer makes neither a loss nor a duplicate", async () => {
  const { server, client, waits } = setUp();
  server.faults.push({ on: "POST secrets", what: "lose" });
  const shared = await client.share([textItem("once")]);
  assert.equal(server.only.id, shared.id);
  assert.deepEqual(
    server.log.map(({ size }) => size),
    [352, 0],
  );
  assert.equal(waits.length, 1);
});

test("an upload that never arrived is sent again, octet for octet, under the same verifiers", async () => {
  const { server, client } = setUp();
  server.faults.push({ on: "POST secrets", what: "refuse" }, { on: "POST secrets", what: "refuse" });
  const { link } = await client.share([textItem("again")]);
  assert.deepEqual(
    server.log.map(({ size }) => size),
    [352, 0, 0, 352],
  );
  const verifiers = server.log.map(({ headers }) => headers.get("Keylink-Link-Verifier"));
  assert.equal(new Set(verifiers).size, 1);
  assert.ok(parseLink(link));
});

test("a conflict is met with everything drawn anew", async () => {
  const { server, client } = setUp();
  server.faults.push({ on: "POST secrets", what: "answer", response: () => problem(409, "conflict") });
  await client.share([textItem("again")]);
  const verifiers = server.log.flatMap(({ headers }) =>
    ["Link", "Access", "Receipt"].map((of) => headers.get(`Keylink-${of}-Verifier`)),
  );
  assert.equal(new Set(verifiers).size, 6);
});

test("refusals of a creation come through by name", async () => {
  for (const [status, code] of /** @type {[number, string][]} */ ([
    [401, "missing-token"],
    [403, "not-allowed"],
    [413, "too-large"],
    [422, "ttl-out-of-range"],
    [507, "storage-full"],
  ])) {
    const { server, client } = setUp();
    server.faults.push({ on: "POST secrets", what: "answer", response: () => problem(status, code) });
    assert.equal(await codeOf(client.share([textItem("x")])), code);
    assert.equal(server.log.length, 1);
  }
});

test("a woken worker learns what became of a sharing", async () => {
  const { server, client } = setUp();
  /** @type {any} */
  let draft;
  const onSealed = (/** @type {object} */ sealed) => {
    draft = JSON.parse(JSON.stringify(sealed));
  };
  const shared = await client.share([textItem("x")], { onSealed });
  assert.deepEqual(await client.outcome(draft), shared);
  server.secrets.clear();
  assert.equal(await client.outcome(draft), null);
  server.faults.push({ on: "POST secrets", what: "refuse" });
  assert.equal(await client.outcome(draft), null);
  assert.equal(await codeOf(client.outcome({ ...draft, base: "https://other.example" })), "other-server");
});

test("what is sealed rests with the keeper until it is sent, and nothing of half an envelope", async () => {
  const { server, client } = setUp();
  const keeper = new (class extends MemoryKeeper {
    discarded = 0;
    /** @override */
    async discard() {
      this.discarded++;
      await super.discard();
    }
  })();
  /** @type {(number | null)[]} */
  const asked = [];
  const keep = async (/** @type {number | null} */ size) => {
    asked.push(size);
    return keeper;
  };
  await client.share([bytesItem(sample(5000))], { keep });
  assert.deepEqual(asked, [server.log[0].size]);
  assert.deepEqual(new Uint8Array(await (await keeper.finish()).arrayBuffer()), server.only.envelope);
  assert.equal(keeper.discarded, 0, "whoever gave it may want to send it again");

  const broken = { ...bytesItem(sample(5000)), size: 5001 };
  assert.equal(await codeOf(client.share([broken], { keep })), "source-changed");
  assert.equal(keeper.discarded, 1);
});

test("what was sealed is sent again as it was, and only if it is not stored", async () => {
  const { server, client } = setUp();
  /** @type {[import("../../WebUI/keylink/client.js").Draft, Blob][]} */
  const sealed = [];
  const onSealed = (/** @type {import("../../WebUI/keylink/client.js").Draft} */ draft, /** @type {Blob} */ body) => {
    sealed.push([draft, body]);
  };
  server.faults.push({ on: "POST secrets", what: "answer", response: () => problem(507, "storage-full") });
  assert.equal(await codeOf(client.share([textItem("once more")], { onSealed })), "storage-full");
  const [[draft, body]] = sealed;
  const shared = await client.shareAgain(draft, body);
  assert.deepEqual(
    server.log.map(({ size }) => size),
    [352, 0, 352],
  );
  assert.deepEqual(await client.shareAgain(draft, body), shared);
  assert.equal(server.only.id, shared.id);
  assert.equal(server.log.length, 4, "stored: asked, and not sent again");
  assert.equal(sealed.length, 1);
  assert.equal(await codeOf(client.shareAgain({ ...draft, base: "https://other.example" }, body)), "other-server");
});

test("who waits is told what for", async () => {
  const { server, client } = setUp();
  server.faults.push({ on: "POST secrets", what: "refuse" });
  server.faults.push({ on: "POST secrets", what: "answer", response: () => problem(503, "shutting-down") });
  /** @type {(string | undefined)[]} */
  const told = [];
  const onProgress = (/** @type {import("../../WebUI/keylink/client.js").Progress} */ { phase, code }) => {
    if (phase === "waiting") told.push(code);
  };
  await client.share([textItem("x")], { onProgress });
  assert.deepEqual(told, ["network", "shutting-down"]);
});
