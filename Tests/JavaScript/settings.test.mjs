import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { isServer } from "../../WebUI/keylink/client.js";
import { isBase } from "../../WebUI/keylink/link.js";
import { clean, local, managed } from "./support/extension.mjs";

const { loadSettings, onSettings, saveSettings, serverFromInput } = await import("../../Extension/settings.js");

const OWN = { base: "https://keys.example", token: "" };
const OTHER = { base: "https://other.example/keys", token: "a token" };

beforeEach(clean);

test("what people type becomes a base", () => {
  for (const [typed, base] of [
    ["keys.example", "https://keys.example"],
    [" https://keys.example/ ", "https://keys.example"],
    ["https://keys.example/a/b//", "https://keys.example/a/b"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ]) {
    assert.equal(serverFromInput(typed), base);
    assert.ok(isBase(base));
  }
});

test("an address with a user, a password, a query or a fragment is no base", () => {
  for (const typed of [
    "https://u@keys.example",
    "https://u:p@keys.example",
    "https://:p@keys.example",
    ":p@keys.example",
    "https://keys.example/?a",
    "https://keys.example/#a",
  ]) {
    assert.equal(isBase(serverFromInput(typed)), false, typed);
  }
});

test("what looks like an address and is none is no server, whoever set it", async () => {
  for (const base of ["https://10.0.0.256", "https://[:::]", "https://999.1.1.1/keys"]) {
    assert.ok(isBase(base), base);
    assert.equal(isServer(base), false, base);
    await managed.set({ servers: [{ base }, OTHER], base });
    assert.deepEqual((await loadSettings()).servers, [OTHER], base);
  }
});

test("nobody has chosen anything", async () => {
  const settings = await loadSettings();
  assert.deepEqual([settings.base, settings.token, settings.ttl, settings.views], ["http://127.0.0.1:8080", "", 86_400, 1]);
  assert.deepEqual([settings.saved, settings.managed], [false, []]);
});

test("what is saved stays, beside what is saved at the same time", async () => {
  await Promise.all([
    saveSettings({ servers: [OWN, OTHER], base: OTHER.base }),
    saveSettings({ menu: { file: false } }),
    saveSettings({ menu: { link: false } }),
    saveSettings({ theme: "dark" }),
  ]);
  const settings = await loadSettings();
  assert.deepEqual([settings.base, settings.token, settings.saved, settings.theme], [OTHER.base, OTHER.token, true, "dark"]);
  assert.deepEqual(settings.menu, { selection: true, replace: true, link: false, file: false, screenshot: true });
});

test("another theme is no choice of a server", async () => {
  await saveSettings({ theme: "dark" });
  assert.equal((await loadSettings()).saved, false);
});

test("a server that is taken off the list is shared to no longer", async () => {
  await saveSettings({ servers: [OWN, OTHER], base: OTHER.base });
  await saveSettings({ servers: [OWN] });
  const { base, token } = await loadSettings();
  assert.deepEqual([base, token], [OWN.base, OWN.token]);
});

test("an administrator has the last word, on what they set and on nothing else", async () => {
  await saveSettings({ servers: [OWN], ttl: 300, views: 3, menu: { file: true, link: false } });
  await managed.set({ servers: [OTHER], ttl: 3600, menu: { file: false } });
  const settings = await loadSettings();
  assert.deepEqual([settings.base, settings.token, settings.ttl, settings.views], [OTHER.base, OTHER.token, 3600, 3]);
  assert.deepEqual([settings.menu.file, settings.menu.link], [false, false]);
  assert.deepEqual(settings.managed.sort(), ["menu.file", "servers", `token ${OTHER.base}`, "ttl"]);
  assert.equal(settings.saved, true);
});

test("a server that an administrator names without a token takes one's own", async () => {
  await saveSettings({ servers: [{ ...OWN, token: "mine" }] });
  await managed.set({ servers: [OWN] });
  const { token, managed: fixed } = await loadSettings();
  assert.deepEqual([token, fixed], ["mine", ["servers"]]);
});

test("an administrator's token is never put beside one's own", async () => {
  const mine = { base: OTHER.base, token: "mine" };
  await saveSettings({ servers: [OWN, mine] });
  await managed.set({ servers: [OWN, OTHER] });
  const { servers } = await loadSettings();
  assert.equal(servers[1].token, OTHER.token);
  await saveSettings({ servers, base: OTHER.base }); // as the options do when a server is chosen
  assert.equal(JSON.stringify(await local.get(null)).includes(OTHER.token), false);
  await managed.set({ servers: [] });
  const { token } = await loadSettings();
  assert.equal(token, "mine");
});

test("what has the wrong form counts as not set, wherever it stands", async () => {
  const untouched = await loadSettings();
  for (const wrong of [
    null,
    "settings",
    { servers: [], base: "javascript:alert(1)", ttl: 0, views: 1.5, passphrase: "weak", menu: { file: "no" } },
    {
      servers: [{ base: "ftp://keys.example" }, { base: "http://keys.example" }],
      ttl: 1e300,
      opensHere: "yes",
      theme: "loud",
      language: "<b>",
    },
  ]) {
    await local.set({ settings: wrong });
    await managed.set(Object(wrong));
    assert.deepEqual(await loadSettings(), untouched);
    clean();
  }
});

test("a browser that refuses to read what administrators set has nothing of theirs", async () => {
  const { get } = managed;
  managed.get = async () => {
    throw new Error("Managed storage manifest not found");
  };
  assert.deepEqual((await loadSettings()).managed, []);
  managed.get = get;
});

test("who listens hears of every change of theirs, and of no other", async () => {
  /** @type {number[]} */
  const heard = [];
  const told = new Promise((resolve) => onSettings((settings) => resolve(heard.push(settings.ttl))));
  await local.set({ other: true });
  await saveSettings({ ttl: 300 });
  await told;
  assert.deepEqual(heard, [300]);
});
