/**
 * What an extension's modules find in their browser, as far as they use it: storage areas, and locks.
 */

/** @typedef {(changes: Record<string, {newValue?: unknown}>, area: string) => void} Listener */

/** @type {Set<Listener>} */
const listeners = new Set();

/** A storage area; what goes in and comes out is a copy, as in browsers. */
class Area {
  /** @type {Map<string, any>} */
  #map = new Map();
  #name;

  /** @param {string} name */
  constructor(name) {
    this.#name = name;
  }

  /** @param {string | null} key */
  async get(key) {
    return structuredClone(Object.fromEntries([...this.#map].filter(([name]) => key === null || name === key)));
  }
  /** @param {Record<string, unknown>} items */
  async set(items) {
    for (const [name, value] of Object.entries(items)) this.#map.set(name, structuredClone(value));
    this.#tell(Object.keys(items));
  }
  /** @param {string | string[]} keys */
  async remove(keys) {
    const gone = [keys].flat().filter((name) => this.#map.delete(name));
    this.#tell(gone);
  }
  clear() {
    this.#map.clear();
  }

  /** @param {string[]} names */
  #tell(names) {
    if (names.length === 0) return;
    const changes = Object.fromEntries(names.map((name) => [name, { newValue: this.#map.get(name) }]));
    for (const listener of listeners) listener(changes, this.#name);
  }
}

export const local = new Area("local");
export const session = new Area("session");
export const managed = new Area("managed");

/** One after the other for each name, as browsers do. @type {Map<string, Promise<unknown>>} */
const held = new Map();
const locks = {
  /** @param {string} name @param {() => Promise<unknown>} work */
  request(name, work) {
    const turn = (held.get(name) ?? Promise.resolve()).then(work);
    held.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  },
};

const onChanged = { addListener: (/** @type {Listener} */ listener) => listeners.add(listener) };
const here = /** @type {any} */ (globalThis);
here.chrome = { storage: { local, session, managed, onChanged } };
Object.defineProperty(here, "navigator", { value: { locks, hardwareConcurrency: 1 }, configurable: true });

/** Nothing is stored and nobody listens. */
export function clean() {
  for (const area of [local, session, managed]) area.clear();
  listeners.clear();
}
