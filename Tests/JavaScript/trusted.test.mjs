import assert from "node:assert/strict";
import { test } from "node:test";
import { trustedScript } from "../../WebUI/keylink/trusted.js";

test("a script of our own is started", () => {
  const own = new URL("../../WebUI/keylink/worker.js", import.meta.url);
  assert.equal(String(trustedScript(own)), own.href);
});

test("no other is", () => {
  for (const address of [
    "https://example.org/worker.js",
    "http://127.0.0.1/worker.js",
    "data:text/javascript,postMessage(1)",
    "blob:https://example.org/4b2c7c5e-1f0a-4a39-9a9b-0d9f0b0c7d11",
    "javascript:alert(1)",
    "file://elsewhere/worker.js",
  ]) {
    assert.throws(() => trustedScript(new URL(address)), TypeError, address);
  }
});
