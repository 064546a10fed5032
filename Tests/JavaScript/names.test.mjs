import assert from "node:assert/strict";
import { test } from "node:test";
import { envelopeSize, fileItem, seal, textItem } from "../../WebUI/keylink/envelope.js";
import { isName } from "../../WebUI/keylink/payload.js";
import { octets } from "../../WebUI/keylink/streams.js";
import { isNameless, sendableName, sendableType, stamped } from "../../WebUI/pages/names.js";

test("a name that can travel stays, another becomes one that can", () => {
  for (const name of ["a.txt", "Übersicht – draft.bin", "कुंजी.pdf", "👩‍🚀.png", " leading", "x".repeat(255)])
    assert.equal(sendableName(name), name);
  for (const [name, sendable] of [
    ["\u200ephoto\u202egpj.exe", "_photo_gpj.exe"],
    ["a/b\\c:d", "a_b_c:d"],
    ["..", "_."],
    [".", "_"],
    ["", "_"],
    ["half \ud83d of it", "half _ of it"],
    ["tab\tline\n", "tab_line_"],
    [`${"x".repeat(300)}.tar.gz`, `${"x".repeat(252)}.gz`],
    [`${"é".repeat(200)}.png`, `${"é".repeat(125)}.png`],
    [`${"🗝".repeat(80)}`, "🗝".repeat(63)],
    [`.${"x".repeat(300)}`, `.${"x".repeat(254)}`],
  ]) {
    assert.equal(sendableName(name), sendable);
    assert.ok(isName(sendable), sendable);
  }
});

test("types, and pictures that had no name", () => {
  assert.equal(sendableType("image/png"), "image/png");
  assert.equal(sendableType("x".repeat(256)), "");
  assert.ok(isNameless({ name: "image.png", type: "image/png" }));
  assert.ok(!isNameless({ name: "image.png", type: "text/html" }));
  assert.ok(!isNameless({ name: "holiday.png", type: "image/png" }));
  assert.match(stamped(new Date(2026, 2, 3, 4, 5, 6)), /^2026-03-03 04\.05\.06$/);
});

test("the size that is told before is the size that is sent", async () => {
  for (const length of [0, 1, 251, 252, 65_000, 65_536, 1_000_000]) {
    const items = [
      textItem("ß".repeat(length % 1000)),
      fileItem(Object.assign(new Blob([new Uint8Array(length)]), { name: "ü.bin" })),
    ];
    let sent = 0;
    for await (const piece of octets((await seal(items)).stream)) sent += piece.length;
    assert.equal(envelopeSize(items), sent, String(length));
  }
});
