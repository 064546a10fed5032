/**
 * Runs every case of the vectors (Spec/vectors/README.md) through the JavaScript library.
 *
 *   node Tests/JavaScript/vectors.mjs PATH…        files, or directories of them
 *
 * A line for each failure, `N passed, N failed` last, exit 1 on any failure. `keylink vectors` is the same check.
 */

import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { concat, fromHex, toHex } from "../../WebUI/keylink/bytes.js";
import { checkParameters, open, seal, unlock } from "../../WebUI/keylink/envelope.js";
import { KeylinkError } from "../../WebUI/keylink/errors.js";
import { InPlace } from "../../WebUI/keylink/executor.js";
import { linkToken, PARAMETERS_SIZE, verifier } from "../../WebUI/keylink/header.js";
import { parseLink } from "../../WebUI/keylink/link.js";
import { mendLink } from "../../WebUI/keylink/paste.js";
import { loadSodium } from "../../WebUI/keylink/sodium.js";
import { octets, streamOf } from "../../WebUI/keylink/streams.js";

/** @typedef {Record<string, any>} Case */

const READ = ["name", "why", "linkKey", "passphrase", "envelope", "envelopeParts", "expect"];
const OPENED = ["linkToken", "accessToken", "linkVerifier", "accessVerifier", "master", "contentKey", "items"];
const WRITE = ["salt", "chunkLog2", "opslimit", "memlimit", "write"];
const LINK = ["name", "why", "link", "expect", "base", "id", "linkKey"];
const PASTED = ["name", "why", "pasted", "expect", "mended", "exposed", "fault", "found"];
const WRITE_ITEM = ["kind", "name", "type", "declareSize", "data"];

/** @param {Case} object @param {string[]} members */
function refuseUnknownMembers(object, members) {
  const unknown = Object.keys(object).find((member) => !members.includes(member));
  if (unknown !== undefined) throw new Error(`unknown member ${JSON.stringify(unknown)}`);
}

/** @param {unknown} found @param {unknown} expected @param {string} what */
function expectEqual(found, expected, what) {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Error(`${what}: expected ${brief(expected)}, found ${brief(found)}`);
}

/** @param {unknown} value @returns {string} */
const brief = (value) => (JSON.stringify(value) ?? "nothing").slice(0, 200);

/**
 * Stretching takes most of the time, and the same case is read several times over. It is remembered for one case only.
 * @implements {InPlace}
 */
class Remembering extends InPlace {
  /** @type {Map<string, Uint8Array>} */
  #stretched = new Map();

  /** @override @param {import("../../WebUI/keylink/executor.js").Stretching} stretching @returns {Promise<Uint8Array>} */
  async stretch(stretching) {
    const { passphrase, salt, opslimit, memlimit } = stretching;
    const key = [toHex(passphrase), toHex(salt), opslimit, memlimit].join();
    const known = this.#stretched.get(key) ?? (await super.stretch(stretching));
    this.#stretched.set(key, known);
    return known.slice();
  }
}

/** @param {Case} test @returns {Uint8Array} */
function envelopeOf(test) {
  if (test.envelope !== undefined) return fromHex(test.envelope);
  return concat(
    ...test.envelopeParts.map((/** @type {Case} */ part) => {
      refuseUnknownMembers(part, ["hex", "repeat", "times"]);
      return fromHex(part.hex ?? part.repeat.repeat(part.times));
    }),
  );
}

/**
 * @param {Uint8Array} bytes
 * @param {number[]} sizes taken in turn
 * @returns {Generator<Uint8Array, void, void>}
 */
function* cut(bytes, sizes) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length];
    yield bytes.slice(at, at + size);
    at += size;
  }
}

/** One octet at a time is quadratic in nothing, but slow in JavaScript: large envelopes are fed so around the edges only. */
const ONE_BY_ONE = 300_000;

/** @param {Uint8Array} envelope @returns {[string, () => Iterable<Uint8Array>][]} */
function feedings(envelope) {
  const head = Math.min(envelope.length, 2000);
  return [
    ["whole", () => [envelope]],
    [
      "one octet at a time",
      () =>
        envelope.length <= ONE_BY_ONE
          ? cut(envelope, [1])
          : concatIterables(cut(envelope.subarray(0, head), [1]), [envelope.slice(head, -head)], cut(envelope.slice(-head), [1])),
    ],
    ["in odd sizes", () => cut(envelope, [1, 7, 79, 4111, 3, 65553, 17, 131])],
  ];
}

/** @param {...Iterable<Uint8Array>} parts @returns {Generator<Uint8Array, void, void>} */
function* concatIterables(...parts) {
  for (const part of parts) yield* part;
}

/**
 * @param {ReadableStream<Uint8Array>} stream @param {Case} test @param {InPlace} executor
 * @returns {Promise<{code: string, items: object[]}>}
 */
async function read(stream, test, executor) {
  const found = [];
  const items = await open(stream, { linkKey: fromHex(test.linkKey), passphrase: test.passphrase, executor });
  for await (const { kind, name, type, size, stream: data } of items) {
    const hash = createHash("sha256");
    let length = 0;
    for await (const piece of octets(data)) {
      hash.update(piece);
      length += piece.length;
    }
    if (size !== null) expectEqual(length, size, "the size that the item announced");
    found.push({ kind, name, type, sha256: hash.digest("hex"), length });
  }
  return { code: "ok", items: found };
}

/** @param {Promise<{code: string, items: object[]}>} reading @returns {Promise<{code: string, items: object[]}>} */
async function outcome(reading) {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof KeylinkError) return { code: error.code, items: [] };
    throw error;
  }
}

/** @param {Case} test @param {InPlace} executor */
async function runRead(test, executor) {
  refuseUnknownMembers(test, [...READ, ...OPENED, ...WRITE]);
  const envelope = envelopeOf(test);
  for (const [how, pieces] of feedings(envelope)) {
    const { code, items } = await outcome(read(streamOf(pieces()), test, executor));
    expectEqual(code, test.expect, `read ${how}`);
    if (code === "ok") expectEqual(items, test.items, `items, read ${how}`);
  }
  if (test.expect === "ok") await compareKeys(test, envelope, executor);
}

/** @param {Case} test @param {Uint8Array} envelope @param {InPlace} executor */
async function compareKeys(test, envelope, executor) {
  const sodium = await loadSodium();
  const linkKey = fromHex(test.linkKey);
  const parameters = await checkParameters(envelope.slice(0, PARAMETERS_SIZE), linkKey);
  const keys = await unlock(parameters, linkKey, { passphrase: test.passphrase, executor });
  const found = {
    linkToken: toHex(linkToken(sodium, linkKey)),
    accessToken: toHex(keys.accessToken),
    linkVerifier: toHex(verifier(sodium, keys.linkToken)),
    accessVerifier: toHex(verifier(sodium, keys.accessToken)),
    master: toHex(keys.master),
    contentKey: toHex(keys.contentKey),
  };
  for (const [member, value] of Object.entries(found)) expectEqual(value, test[member], member);
}

/** @param {Case} test @param {InPlace} executor */
async function runWrite(test, executor) {
  const items = test.write.map((/** @type {Case} */ item) => {
    refuseUnknownMembers(item, WRITE_ITEM);
    const data = fromHex(item.data);
    return {
      kind: item.kind,
      stream: () => streamOf(cut(data, [1, 4096, 65537])),
      ...(item.name !== null && { name: item.name }),
      ...(item.type !== null && { type: item.type }),
      ...(item.declareSize && { size: data.length }),
    };
  });
  const sealed = await seal(items, {
    linkKey: fromHex(test.linkKey),
    salt: fromHex(test.salt),
    chunkLog2: test.chunkLog2,
    executor,
    ...(test.passphrase && { passphrase: test.passphrase, opslimit: test.opslimit, memlimit: test.memlimit }),
  });
  const pieces = [];
  for await (const piece of octets(sealed.stream)) pieces.push(piece);
  const written = concat(...pieces);
  if (sealed.size !== null) expectEqual(written.length, sealed.size, "the size that the writer announced");
  expectEqual(toHex(written), toHex(envelopeOf(test)), "written envelope");
}

/** @param {Case} test */
function runLink(test) {
  refuseUnknownMembers(test, LINK);
  try {
    const { base, id, key } = parseLink(test.link);
    expectEqual("ok", test.expect, "link");
    expectEqual({ base, id, linkKey: toHex(key) }, { base: test.base, id: test.id, linkKey: test.linkKey }, "link");
  } catch (error) {
    if (!(error instanceof KeylinkError)) throw error;
    expectEqual(error.code, test.expect, "link");
  }
}

/** @param {Case} test */
function runPasted(test) {
  refuseUnknownMembers(test, PASTED);
  const mended = mendLink(test.pasted);
  expectEqual("fault" in mended ? "malformed-link" : "ok", test.expect, "what was pasted");
  if ("fault" in mended) expectEqual(mended, { fault: test.fault, found: test.found }, "what is wrong with it");
  else expectEqual(mended, { text: test.mended, exposed: test.exposed }, "the link");
}

/** @param {Case} test */
async function run(test) {
  if (test.pasted !== undefined) return runPasted(test);
  if (test.link !== undefined) return runLink(test);
  const executor = new Remembering();
  if (test.write !== undefined) await outcomeOfWriting(test, executor);
  if (test.envelope !== undefined || test.envelopeParts !== undefined) await runRead(test, executor);
}

/** A writer that refuses has its case too: no envelope then, only the code. @param {Case} test @param {InPlace} executor */
async function outcomeOfWriting(test, executor) {
  if (test.envelope !== undefined || test.envelopeParts !== undefined) return runWrite(test, executor);
  refuseUnknownMembers(test, [...READ, ...WRITE]);
  const { code } = await outcome(runWrite({ ...test, envelope: "" }, executor).then(() => ({ code: "ok", items: [] })));
  expectEqual(code, test.expect, "writing");
}

/** @param {string[]} paths @returns {Promise<string[]>} */
async function filesIn(paths) {
  const files = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) files.push(path);
    else for (const name of (await readdir(path)).sort()) if (name.endsWith(".json")) files.push(join(path, name));
  }
  return files;
}

/** @param {string[]} paths @returns {Promise<number>} exit code */
async function main(paths) {
  const say = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
  let passed = 0;
  let failed = 0;
  for (const file of await filesIn(paths)) {
    for (const test of JSON.parse(await readFile(file, "utf8"))) {
      try {
        await run(test);
        passed += 1;
      } catch (error) {
        failed += 1;
        say(`${file}: ${test.name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  if (passed + failed === 0) say("no cases found");
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
