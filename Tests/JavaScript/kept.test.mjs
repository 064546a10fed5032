/**
 * An envelope that rests as ciphertext: what is in it can be read again, any item, without what lies before it.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { concat } from "../../WebUI/keylink/bytes.js";
import { textItem } from "../../WebUI/keylink/client.js";
import { MemoryKeeper } from "../../WebUI/keylink/keeping.js";
import { setUp } from "./support/client.mjs";
import { bytesItem, codeOf, sample } from "./support/envelopes.mjs";

/** Watches what becomes of it. */
class WatchedKeeper extends MemoryKeeper {
  discarded = false;

  /** @override */
  async discard() {
    this.discarded = true;
    await super.discard();
  }
}

/** @param {import("../../WebUI/keylink/envelope.js").ItemSource[]} sources @param {WatchedKeeper} keeper */
async function openKept(sources, keeper) {
  const { server, client, claims } = setUp();
  const { link } = await client.share(sources);
  const opened = await client.open(link, { claims, keep: async () => keeper });
  /** @type {import("../../WebUI/keylink/kept.js").Extent[]} */
  const extents = [];
  for await (const item of opened.items) extents.push({ at: item.at, length: (await item.bytes()).length });
  return { server, opened, extents };
}

/** @param {AsyncGenerator<Uint8Array, void, void>} pieces */
async function whole(pieces) {
  const parts = [];
  for await (const piece of pieces) parts.push(piece.slice());
  return concat(...parts);
}

const CONTENTS = [sample(3), sample(65_536 * 3), new Uint8Array(), sample(2_500_000), sample(200_001)];

test("each item is read again, in any order, sized or not", async () => {
  const keeper = new WatchedKeeper();
  const sources = [textItem("before"), ...CONTENTS.map((content, at) => bytesItem(content, { sized: at % 2 === 0 }))];
  const { opened, extents } = await openKept(sources, keeper);
  await opened.acknowledge();
  assert.equal(keeper.discarded, false, "what was acknowledged is the caller's");
  const { kept } = opened;
  assert.ok(kept);
  for (const at of [4, 0, 3, 2, 1]) assert.deepEqual(await whole(kept.read(extents[at + 1])), CONTENTS[at]);
  assert.deepEqual(
    await whole(kept.read({ ...extents[4], length: 70_000 })),
    CONTENTS[3].slice(0, 70_000),
    "its beginning alone",
  );
  await kept.close();
  assert.equal(keeper.discarded, true);
});

test("what is kept is the envelope as it came, and nothing else", async () => {
  const keeper = new WatchedKeeper();
  const { server, opened } = await openKept([textItem("in the clear nowhere")], keeper);
  assert.deepEqual(new Uint8Array(await (await keeper.finish()).arrayBuffer()), server.only.envelope);
  await opened.close();
});

test("half an envelope is not kept, and not acknowledged", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([bytesItem(sample(300_000))]);
  const keeper = new WatchedKeeper();
  const opened = await client.open(link, { claims, keep: async () => keeper });
  await (await opened.items.next()).value?.stream.getReader().read();
  assert.equal(opened.kept, null);
  await opened.close();
  assert.equal(keeper.discarded, true);
  assert.equal(server.only.state, "claimed");
});

test("a keeper that is full ends the opening, and the claim goes on", async () => {
  const { server, client, claims } = setUp();
  const { link } = await client.share([bytesItem(sample(3_000_000))]);
  const full = new WatchedKeeper();
  full.write = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const reading = (async () => {
    const opened = await client.open(link, { claims, keep: async () => full });
    for await (const item of opened.items) await item.bytes();
  })();
  await assert.rejects(reading, { name: "QuotaExceededError" });
  assert.equal(full.discarded, true);
  const again = await client.open(link, { claims, keep: async () => new WatchedKeeper() });
  for await (const item of again.items) assert.equal((await item.bytes()).length, 3_000_000);
  await again.acknowledge();
  assert.equal(server.only.state, "opened");
});

test("a box that was altered where it rests is not released", async () => {
  const keeper = new WatchedKeeper();
  const finish = keeper.finish.bind(keeper);
  keeper.finish = async () => {
    const octets = new Uint8Array(await (await finish()).arrayBuffer());
    octets[octets.length - 70_000] ^= 1;
    return new Blob([octets]);
  };
  const { opened, extents } = await openKept([bytesItem(sample(400_000))], keeper);
  assert.equal(await codeOf(whole(/** @type {any} */ (opened.kept).read(extents[0]))), "corrupt");
  await opened.close();
});
