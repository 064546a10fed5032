import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isBase } from "../../WebUI/keylink/link.js";

// A data URL, since the extension's folder does not tell node that its scripts are modules.
const source = readFileSync(new URL("../../Extension/settings.js", import.meta.url), "base64");
const { serverFromInput } = await import(`data:text/javascript;base64,${source}`);

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
