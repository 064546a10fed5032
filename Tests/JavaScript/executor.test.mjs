import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { fileItem, open } from "../../WebUI/keylink/envelope.js";
import { defaultExecutor, InPlace, Workers } from "../../WebUI/keylink/executor.js";
import { bytesItem, codeOf, openWhole, sample, sealWhole } from "./support/envelopes.mjs";
import { running, WebWorker } from "./support/web-worker.mjs";

const options = { linkKey: sample(32), salt: sample(16, 2) };

beforeEach(() => {
  globalThis.Worker = /** @type {any} */ (WebWorker);
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, "Worker");
});

test("workers where there are any, this thread elsewhere", () => {
  assert.ok(defaultExecutor() instanceof Workers);
  Reflect.deleteProperty(globalThis, "Worker");
  assert.ok(defaultExecutor() instanceof InPlace);
});

test("workers seal and open the same octets, and are gone afterwards", async () => {
  const executor = new Workers({ width: 2 });
  const items = () => [bytesItem(sample(5 * 2 ** 20 + 1), { sized: false })];
  const { envelope } = await sealWhole(items(), { ...options, executor });
  assert.equal(running.size, 0);
  assert.deepEqual(envelope, (await sealWhole(items(), { ...options, executor: new InPlace() })).envelope);
  const [item] = await openWhole(envelope, { linkKey: options.linkKey, executor });
  assert.deepEqual(item.data, sample(5 * 2 ** 20 + 1));
  envelope[envelope.length - 1] ^= 1;
  assert.equal(await codeOf(openWhole(envelope, { linkKey: options.linkKey, executor })), "corrupt");
  assert.equal(running.size, 0);
});

test("what workers read by themselves gives the same octets, in parts of any size", async () => {
  for (const executor of [new Workers({ width: 2 }), new InPlace()]) {
    for (const size of [0, 1, 2 ** 20 - 1, 33 * 2 ** 20 + 5]) {
      const blob = Object.assign(new Blob([sample(size)]), { name: "sample" });
      const streamed = { ...fileItem(blob), blob: undefined };
      const { envelope } = await sealWhole([fileItem(blob)], { ...options, executor });
      const received = new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (envelope)]);
      assert.deepEqual(envelope, (await sealWhole([streamed], { ...options, executor })).envelope);
      const found = [];
      for await (const item of await open(received, { linkKey: options.linkKey, executor })) {
        found.push(await item.bytes());
      }
      assert.deepEqual(found, [sample(size)]);
    }
  }
  assert.equal(running.size, 0);
});

test("stretching in a disposable worker gives the same, and can be stopped", async () => {
  const stretching = { passphrase: sample(9), salt: sample(16), opslimit: 3, memlimit: 65536 };
  const executor = new Workers();
  assert.deepEqual(await executor.stretch(stretching), await new InPlace().stretch(stretching));
  assert.equal(running.size, 0);
  const controller = new AbortController();
  const stopped = executor.stretch({ ...stretching, opslimit: 8 }, controller.signal);
  setTimeout(() => controller.abort(new Error("enough")), 50);
  await assert.rejects(stopped, /enough/);
  assert.equal(running.size, 0);
  const hungry = executor.stretch({ ...stretching, memlimit: 2 ** 20 });
  assert.equal(await codeOf(hungry), "out-of-memory");
});

test("where workers do not start, the work is done here", async () => {
  class Broken extends WebWorker {
    /** @param {string} url */
    constructor(url) {
      super(new URL("./nowhere.js", url).href);
    }
  }
  globalThis.Worker = /** @type {any} */ (Broken);
  const executor = new Workers({ width: 2 });
  const { envelope } = await sealWhole([bytesItem(sample(3 * 2 ** 20))], { ...options, executor });
  const [item] = await openWhole(envelope, { linkKey: options.linkKey, executor });
  assert.deepEqual(item.data, sample(3 * 2 ** 20));
  const stretching = { passphrase: sample(9), salt: sample(16), opslimit: 3, memlimit: 65536 };
  assert.equal((await executor.stretch(stretching)).length, 32);
});
