/**
 * A client, its claims, and a server that fails to order.
 */

import { MemoryClaims } from "../../../WebUI/keylink/claims.js";
import { Client } from "../../../WebUI/keylink/client.js";
import { FakeServer } from "./fake-server.mjs";

/** @param {FakeServer} [server] */
export function setUp(server = new FakeServer()) {
  /** @type {number[]} */
  const waits = [];
  const claims = new MemoryClaims();
  const wait = async (/** @type {number} */ milliseconds) => void waits.push(milliseconds);
  const client = new Client(server.base, { fetch: server.fetch, wait });
  return { server, client, claims, waits };
}

/** @param {import("../../../WebUI/keylink/client.js").Opened} opened */
export async function readAll({ items }) {
  const found = [];
  for await (const item of items) found.push(await item.bytes());
  return found;
}

/** @param {import("../../../WebUI/keylink/client.js").Opened} opened */
export async function readText(opened) {
  const [bytes] = await readAll(opened);
  return new TextDecoder().decode(bytes);
}
