import assert from "node:assert/strict";
import { test } from "node:test";
import { AreaClaims, LocalClaims, MemoryClaims } from "../../WebUI/keylink/claims.js";
import { textItem } from "../../WebUI/keylink/client.js";
import { readText, setUp } from "./support/client.mjs";
import { codeOf } from "./support/envelopes.mjs";

/** localStorage, as far as it is used. */
class FakeStorage {
  /** @type {Map<string, string>} */
  map = new Map();
  get length() {
    return this.map.size;
  }
  /** @param {number} at */
  key(at) {
    return [...this.map.keys()][at] ?? null;
  }
  /** @param {string} name */
  getItem(name) {
    return this.map.get(name) ?? null;
  }
  /** @param {string} name @param {string} value */
  setItem(name, value) {
    this.map.set(name, value);
  }
  /** @param {string} name */
  removeItem(name) {
    this.map.delete(name);
  }
}

/** One that others have filled: nothing goes in, what is there can be removed. */
class FullStorage extends FakeStorage {
  /** @override */
  setItem() {
    throw new DOMException("full", "QuotaExceededError");
  }
}

/** An extension's storage area over the same. */
class FakeArea {
  /** @type {Map<string, any>} */
  map = new Map();
  /** @param {string | null} name */
  async get(name) {
    return Object.fromEntries([...this.map].filter(([key]) => name === null || key === name));
  }
  /** @param {Record<string, any>} items */
  async set(items) {
    for (const [key, value] of Object.entries(items)) this.map.set(key, structuredClone(value));
  }
  /** @param {string} name */
  async remove(name) {
    this.map.delete(name);
  }
}

/** Web Locks with `ifAvailable`: as in browsers, a lock is granted, and gone again, some time after it was asked for. */
class FakeLocks {
  held = new Set();
  /** @param {string} name @param {LockOptions} options @param {(lock: object | null) => Promise<unknown>} use */
  async request(name, options, use) {
    assert.deepEqual(options, { ifAvailable: true });
    await later();
    if (this.held.has(name)) return await use(null);
    this.held.add(name);
    try {
      return await use({ name });
    } finally {
      await later();
      this.held.delete(name);
    }
  }
}

const later = () => new Promise((go) => setTimeout(go, 5));
const base = "https://keys.example";
const id = "AAECAwQFBgcICQoLDA0ODw";
const parameters = "A".repeat(64);

/** Two openings of each store, as two tabs have it. */
function stores() {
  const storage = /** @type {any} */ (new FakeStorage());
  const area = new FakeArea();
  const locks = () => /** @type {any} */ (new FakeLocks());
  const [a, b, c] = [locks(), locks(), locks()];
  const memory = new MemoryClaims({ locks: c });
  return {
    local: { one: new LocalClaims({ storage, locks: a }), two: new LocalClaims({ storage, locks: a }), map: storage.map },
    area: { one: new AreaClaims(area, { locks: b }), two: new AreaClaims(area, { locks: b }), map: area.map },
    memory: { one: memory, two: memory, map: null },
  };
}

for (const [name, { one, two, map }] of Object.entries(stores())) {
  test(`${name}: a claim is drawn once, and held by one at a time`, async () => {
    assert.equal(await one.get(base, id), null);
    const held = await one.hold(base, id, parameters);
    assert.match(held.record.key, /^[A-Za-z0-9_-]{32}$/);
    assert.deepEqual(await two.get(base, id), held.record);
    assert.equal(await codeOf(two.hold(base, id, parameters)), "in-use");
    const other = await two.hold(base, `${id.slice(1)}A`, parameters);
    assert.notEqual(other.record.key, held.record.key);
    await other.forget();
    await other.release();
    await held.release();
    const again = await two.hold(base, id, "B".repeat(64));
    assert.deepEqual({ ...again.record, at: 0 }, { ...held.record, at: 0 });
    await again.touch();
    await again.forget();
    assert.equal(await one.get(base, id), null);
    await again.release();
  });

  test(`${name}: a record holds what the claim needs, and no more`, async () => {
    const { record, release, forget } = await one.hold(base, id, parameters);
    assert.deepEqual(Object.keys(record).sort(), ["at", "base", "begun", "id", "key", "parameters"]);
    await forget();
    await release();
  });

  test(`${name}: what somebody else wrote there is no record, and old ones go`, async () => {
    if (!map) return;
    const write = (/** @type {string} */ of, /** @type {unknown} */ value) =>
      map.set(`keylink-claim ${base} ${of}`, name === "local" ? JSON.stringify(value) : value);
    const record = { base, id, key: "k".repeat(32), parameters, at: Date.now() };
    for (const other of [null, 1, "x", {}, { ...record, key: "short" }, { ...record, parameters: "" }, { ...record, base: 1 }]) {
      write(id, other);
      assert.equal(await one.get(base, id), null, JSON.stringify(other));
    }
    map.set(`keylink-claim ${base} ${id}`, "{cut");
    assert.equal(await one.get(base, id), null);
    write("old", { ...record, at: Date.now() - 38 * 24 * 3600 * 1000 });
    write("young", { ...record, at: Date.now() - 3600 * 1000 });
    map.set("somebody else's", "stays");
    const { release, forget } = await one.hold(base, "another", parameters);
    const left = [...map.keys()].filter((key) => !key.endsWith("another")).sort();
    assert.deepEqual(left, [`keylink-claim ${base} young`, "somebody else's"]);
    await forget();
    await release();
  });
}

test("a claim of another day that has run out is followed by a new one, under real locks too", async () => {
  const { server, client } = setUp();
  const claims = new MemoryClaims({ locks: /** @type {any} */ (new FakeLocks()) });
  const { link } = await client.share([textItem("x")], { views: 2 });
  await (await client.open(link, { claims })).close();
  const [key] = server.only.claims.keys();
  server.end(server.only, key);
  const second = await client.open(link, { claims });
  assert.equal(await readText(second), "x");
  await second.acknowledge();
  assert.equal(server.only.state, "opened");
});

test("where nothing can be stored, a record lives as long as the page", async () => {
  const storage = /** @type {any} */ (new FullStorage());
  const claims = new LocalClaims({ storage, locks: null });
  const held = await claims.hold("https://a", "AAECAwQFBgcICQoLDA0ODw", "parameters");
  await held.touch();
  await held.release();
  const found = await claims.get("https://a", "AAECAwQFBgcICQoLDA0ODw");
  assert.deepEqual([found?.key, found?.begun], [held.record.key, true]);
  await held.forget();
  assert.equal(await claims.get("https://a", "AAECAwQFBgcICQoLDA0ODw"), null);
});
