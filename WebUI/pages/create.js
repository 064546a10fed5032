/**
 * The page that shares, as a server serves it.
 */

import { begin, greet } from "./composing.js";
import { baseOf, byId, find, start } from "./page.js";

await start(async () => {
  const { form } = begin({ base: baseOf(".") });
  await greet(form);
  await offerExtension();
});

/** Not every server has the packed extension; a link that leads nowhere would be worse than none. */
async function offerExtension() {
  const place = byId("extension", HTMLElement);
  try {
    const answer = await fetch(find(place, "a", HTMLAnchorElement).href, { method: "HEAD" });
    place.hidden = !answer.ok;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // unreachable: nothing to offer
  }
}
