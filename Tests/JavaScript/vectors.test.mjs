import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("./vectors.mjs", import.meta.url));
const vectors = fileURLToPath(new URL("../../Spec/vectors", import.meta.url));

/** @param {...string} paths */
function run(...paths) {
  const { status, stdout } = spawnSync(process.execPath, [script, ...paths], { encoding: "utf8" });
  return { status, lines: stdout.trim().split("\n") };
}

/** @param {unknown} cases @param {(path: string) => void} use */
async function withFile(cases, use) {
  const folder = await mkdtemp(join(tmpdir(), "keylink-vectors-"));
  try {
    await writeFile(join(folder, "group.json"), JSON.stringify(cases));
    use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const link = { name: "link_ok", why: "a link", link: "https://a/s/AAECAwQFBgcICQoLDA0ODw#", expect: "malformed-link" };

test("the specification's vectors pass, all of them", () => {
  const { status, lines } = run(vectors);
  assert.deepEqual([status, lines.length], [0, 1], lines.join("\n"));
  assert.match(lines[0], /^[1-9]\d{2,} passed, 0 failed$/);
});

test("a check that cannot fail is none: what is wrong in a case is found", async () => {
  await withFile([link], (path) => assert.deepEqual(run(path), { status: 0, lines: ["1 passed, 0 failed"] }));
  await withFile([{ ...link, surprise: 1 }, { ...link, expect: "ok" }, link], (path) => {
    const { status, lines } = run(path);
    assert.equal(status, 1);
    assert.equal(lines.length, 3);
    assert.match(lines[0], /link_ok: unknown member "surprise"/);
    assert.match(lines[1], /link_ok: link: expected/);
    assert.equal(lines[2], "1 passed, 2 failed");
  });
  await withFile([], (path) => assert.equal(run(path).status, 1));
});
