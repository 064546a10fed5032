import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, toHex, toUtf8, u32 } from "../../WebUI/keylink/bytes.js";
import { fileItem, open, seal, textItem } from "../../WebUI/keylink/envelope.js";
import { InPlace } from "../../WebUI/keylink/executor.js";
import { EnvelopeKeys, writeParameters } from "../../WebUI/keylink/header.js";
import { loadSodium } from "../../WebUI/keylink/sodium.js";
import { octets, streamOf } from "../../WebUI/keylink/streams.js";
import { bytesItem, codeOf, collect, openWhole, pieces, sample, sealWhole } from "./support/envelopes.mjs";

/** Answers late and out of order, as workers do. */
class Unruly extends InPlace {
  width = 3;
  most = 0;

  /** @override @param {Uint8Array} contentKey */
  crew(contentKey) {
    const crew = super.crew(contentKey);
    let running = 0;
    const late = async (/** @type {() => Promise<Uint8Array>} */ work, /** @type {number} */ first) => {
      this.most = Math.max(this.most, ++running);
      for (let turn = 0; turn < (first % 3 === 0 ? 9 : 1); turn++) await new Promise((go) => setImmediate(go));
      running -= 1;
      return work();
    };
    return {
      width: this.width,
      /** @param {import("../../WebUI/keylink/executor.js").Batch} batch */
      seal: (batch) => late(() => crew.seal(batch), batch.first),
      /** @param {import("../../WebUI/keylink/executor.js").Batch} batch */
      open: (batch) => late(() => crew.open(batch), batch.first),
      close: crew.close,
    };
  }
}

const CHUNK = 4096;
/** What stands before the data of `bytesItem`: name, size, and the data's own head; and the padding's head after it. */
const AROUND = 5 + 8 + 5 + 8 + 5 + 5;

test("what was sealed opens, at every boundary and however it arrives", async () => {
  const sizes = [0, 1, CHUNK - AROUND - 1, CHUNK - AROUND, CHUNK - AROUND + 1, CHUNK, 2 * CHUNK, 2 ** 20 - AROUND, 2 ** 20 + 3];
  for (const size of sizes) {
    const { envelope, linkKey, size: announced } = await sealWhole([bytesItem(sample(size))], { chunkLog2: 12 });
    assert.equal(envelope.length, announced);
    for (const piece of [envelope.length, 4112, 65537, size < 9000 ? 1 : 997]) {
      const [item] = await openWhole(streamOf(pieces(envelope, piece)), { linkKey });
      assert.deepEqual(item.data, sample(size));
    }
  }
});

test("text and files keep kind, name, type, size and order", async () => {
  const file = Object.assign(new Blob([sample(5000)], { type: "image/png" }), { name: "ü.png" });
  const items = [
    textItem("\u{FEFF}Grüße\r\n"),
    fileItem(file),
    textItem("", { type: "text/plain" }),
    bytesItem(sample(70_000), { sized: false }),
  ];
  const { envelope, linkKey, size } = await sealWhole(items);
  assert.equal(size, null);
  const found = await openWhole(envelope, { linkKey });
  assert.deepEqual(
    found.map(({ kind, name, type, size }) => ({ kind, name, type, size })),
    [
      { kind: "text", name: null, type: null, size: 12 },
      { kind: "file", name: "ü.png", type: "image/png", size: 5000 },
      { kind: "text", name: null, type: "text/plain", size: 0 },
      { kind: "file", name: "data.bin", type: null, size: null },
    ],
  );
  assert.deepEqual(found[0].data, toUtf8("\u{FEFF}Grüße\r\n"));
  assert.deepEqual(found[1].data, sample(5000));
  assert.deepEqual(found[3].data, sample(70_000));
  const first = (await (await open(envelope, { linkKey })).next()).value;
  assert.equal(await first?.text(), "\u{FEFF}Grüße\r\n");
});

test("an item that nobody reads is passed over, and everything is verified all the same", async () => {
  const { envelope, linkKey } = await sealWhole([bytesItem(sample(50_000)), textItem("second"), bytesItem(sample(9))]);
  const texts = [];
  for await (const item of await open(envelope, { linkKey })) {
    if (item.kind === "text") texts.push(await item.text());
    else await item.stream.cancel();
  }
  assert.deepEqual(texts, ["second"]);
  envelope[envelope.length - 1] ^= 1;
  const reading = async () => {
    for await (const _ of await open(envelope, { linkKey }));
  };
  assert.equal(await codeOf(reading()), "corrupt");
});

test("every alteration is refused, by name", async () => {
  const { envelope, linkKey } = await sealWhole([bytesItem(sample(20_000))], { chunkLog2: 12 });
  const verdict = (/** @type {Uint8Array} */ bytes) => codeOf(openWhole(bytes, { linkKey }));
  const flip = (/** @type {number} */ at) => {
    const other = envelope.slice();
    other[at] ^= 1;
    return other;
  };
  for (const at of [0, 5, 6, 7, 11, 15]) assert.equal(await verdict(flip(at)), at === 6 ? "wrong-link" : "malformed-header");
  assert.equal(await verdict(flip(4)), "unsupported-version");
  for (const at of [16, 31, 32, 47]) assert.equal(await verdict(flip(at)), "wrong-link");
  for (const at of [48, 79]) assert.equal(await verdict(flip(at)), "wrong-key");
  for (const at of [80, 96, 4191, 4192, envelope.length - 1]) assert.equal(await verdict(flip(at)), "corrupt");
  const box = 4112;
  const boxes = envelope.subarray(80);
  const header = envelope.subarray(0, 80);
  for (const other of [
    header,
    envelope.subarray(0, 80 + box),
    envelope.subarray(0, envelope.length - 1),
    concat(envelope, Uint8Array.of(0)),
    concat(header, boxes.subarray(box, 2 * box), boxes.subarray(0, box), boxes.subarray(2 * box)),
    concat(header, boxes.subarray(0, box), boxes),
  ]) {
    assert.equal(await verdict(other), "corrupt");
  }
  for (const size of [0, 4, 5, 79]) assert.equal(await verdict(envelope.subarray(0, size)), "malformed-header");
});

test("after a malformed record nothing more is released, and the rest is authenticated all the same", async () => {
  const sodium = await loadSodium();
  const linkKey = sample(32);
  const parameters = writeParameters(sodium, linkKey, {
    needsPassphrase: false,
    chunkLog2: 16,
    opslimit: 0,
    memlimit: 0,
    salt: sample(16),
  });
  const keys = new EnvelopeKeys(sodium, linkKey, parameters, new Uint8Array());
  const malformed = concat(Uint8Array.of(2, 0, 0, 0, 1, 0x61), Uint8Array.of(9, 0, 0, 0, 0));
  // What stands in the next batch would be a fine payload by itself.
  const fine = concat(Uint8Array.of(5), u32(8), toUtf8("released"), Uint8Array.of(1), u32(0), Uint8Array.of(0), u32(0));
  const payload = concat(malformed, new Uint8Array(2 ** 20 - malformed.length), fine);
  const boxes = sodium.sealBoxes(keys.contentKey, payload, { first: 0, chunkSize: 65536, last: true });
  const envelope = concat(keys.header(), boxes);
  const read = async () => {
    for await (const _ of await open(envelope, { linkKey })) assert.fail("released");
  };
  assert.equal(await codeOf(read()), "malformed-payload");
  envelope[envelope.length - 1] ^= 1;
  assert.equal(await codeOf(read()), "corrupt");
});

test("before the end nothing but verified data has come out", async () => {
  const { envelope, linkKey } = await sealWhole([bytesItem(sample(3 * 2 ** 20))]);
  envelope[envelope.length - 1] ^= 1;
  const item = (await (await open(envelope, { linkKey })).next()).value;
  let released = 0;
  const reading = async () => {
    for await (const piece of octets(item?.stream ?? streamOf([]))) released += piece.length;
  };
  assert.equal(await codeOf(reading()), "corrupt");
  assert.ok(released > 0 && released <= 3 * 2 ** 20);
  assert.equal(await codeOf(item?.text ?? (() => "")), "none".replace("none", "corrupt"));
});

test("passphrases: NFC, required, wrong, ignored where there is none", async () => {
  const passphrase = "Gru\u0308ße";
  const { envelope, linkKey } = await sealWhole([textItem("secret")], { passphrase });
  const verdict = (/** @type {string | undefined} */ passphrase) => codeOf(openWhole(envelope, { linkKey, passphrase }));
  assert.equal(await verdict("Grüße"), "none");
  assert.equal(await verdict(passphrase), "none");
  assert.equal(await verdict(undefined), "passphrase-required");
  assert.equal(await verdict(""), "passphrase-required");
  assert.equal(await verdict("grüße"), "wrong-key");
  const plain = await sealWhole([textItem("secret")], { passphrase: "" });
  assert.equal(await codeOf(openWhole(plain.envelope, { linkKey: plain.linkKey, passphrase: "x" })), "none");
});

test("a lone surrogate is refused before anything is stretched", async () => {
  let stretched = 0;
  const executor = new (class extends InPlace {
    /** @override @param {import("../../WebUI/keylink/executor.js").Stretching} stretching */
    stretch(stretching) {
      stretched += 1;
      return super.stretch(stretching);
    }
  })();
  const passphrase = "a\ud800";
  assert.equal(await codeOf(seal([textItem("x")], { passphrase, executor })), "malformed-passphrase");
  const { envelope, linkKey } = await sealWhole([textItem("x")], { passphrase: "a" });
  assert.equal(await codeOf(openWhole(envelope, { linkKey, passphrase, executor })), "malformed-passphrase");
  assert.equal(stretched, 0);
  assert.equal(await codeOf(() => textItem("\udc00")), "malformed-payload");
});

test("nothing is stretched for parameters that the sender did not write", async () => {
  const { envelope, linkKey } = await sealWhole([textItem("x")], { passphrase: "a" });
  envelope[11] = 8; // ruinous, and in range
  const executor = Object.assign(new InPlace(), { stretch: () => assert.fail("stretched") });
  assert.equal(await codeOf(openWhole(envelope, { linkKey, passphrase: "a", executor })), "wrong-link");
});

test("two sealings of the same share nothing", async () => {
  const a = await sealWhole([textItem("same")]);
  const b = await sealWhole([textItem("same")]);
  assert.notEqual(toHex(a.linkKey), toHex(b.linkKey));
  assert.notEqual(toHex(a.envelope.subarray(16, 32)), toHex(b.envelope.subarray(16, 32)));
  assert.equal(a.envelope.length, b.envelope.length);
});

test("workers that answer late and out of order change nothing, and never more run than fit", async () => {
  const executor = new Unruly();
  const options = { linkKey: sample(32), salt: sample(16, 2) };
  const items = () => [bytesItem(sample(5 * 2 ** 20 + 17)), textItem("end")];
  const late = await sealWhole(items(), { ...options, executor });
  assert.deepEqual(late.envelope, (await sealWhole(items(), options)).envelope);
  const found = await openWhole(late.envelope, { linkKey: options.linkKey, executor });
  assert.deepEqual(found[0].data, sample(5 * 2 ** 20 + 17));
  assert.equal(executor.most, 3);
});

test("reading is what drives: sealing and opening hold a few MiB, not the whole", async () => {
  let produced = 0;
  const size = 64 * 2 ** 20;
  const source = {
    ...bytesItem(new Uint8Array()),
    size,
    stream: () =>
      new ReadableStream({
        pull(controller) {
          if (produced === size) return controller.close();
          produced += 2 ** 18;
          controller.enqueue(new Uint8Array(2 ** 18));
        },
      }),
  };
  const { stream, linkKey } = await seal([source]);
  let read = 0;
  let ahead = 0;
  const counted = streamOf(
    (async function* () {
      for await (const piece of octets(stream)) {
        read += piece.length;
        ahead = Math.max(ahead, produced - read);
        yield piece;
      }
    })(),
  );
  let opened = 0;
  for await (const item of await open(counted, { linkKey })) {
    for await (const piece of octets(item.stream)) {
      opened += piece.length;
      ahead = Math.max(ahead, read - opened);
    }
  }
  assert.equal(opened, size);
  assert.ok(ahead < 4 * 2 ** 20, `${ahead} octets ahead`);
});

test("whoever stops reading stops the source", async () => {
  let cancelled = 0;
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65536)),
      cancel() {
        cancelled += 1;
      },
    });
  const sealed = await seal([{ kind: "file", name: "a", stream: endless }]);
  const reader = sealed.stream.getReader();
  await reader.read();
  await reader.read();
  await reader.cancel();
  assert.equal(cancelled, 1);

  const { envelope, linkKey } = await sealWhole([bytesItem(sample(3 * 2 ** 20)), textItem("never")]);
  let stopped = 0;
  const source = (function* () {
    try {
      yield* pieces(envelope, 10_000);
    } finally {
      stopped += 1;
    }
  })();
  for await (const item of await open(streamOf(source), { linkKey })) {
    await item.stream.getReader().read();
    break;
  }
  assert.equal(stopped, 1);
});

test("an aborted sealing fails with the signal's reason", async () => {
  const controller = new AbortController();
  const { stream } = await seal([bytesItem(sample(5 * 2 ** 20))], { signal: controller.signal });
  const reader = stream.getReader();
  await reader.read();
  await reader.read();
  controller.abort(new Error("enough"));
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  }, /enough/);
  assert.equal(await codeOf(collect(streamOf([]))), "none");
});
