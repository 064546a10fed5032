/**
 * The page that shares, as a server serves it.
 */

import { begin, greet } from "./composing.js";
import { baseOf, byId, find, start } from "./page.js";

await start(async () => {
  const { form } = begin({ base: baseOf("."), askToLeave });
  prepareQuestion();
  await greet(form);
  await offerExtension();
});

/** What a yes leads to. */
let goOn = () => {};

/**
 * Another secret takes the place of a link that was shown only here.
 * @param {import("./shared.js").Result} result @param {() => void} go
 */
function askToLeave(result, go) {
  goOn = go;
  result.onTaken = () => ask(false);
  ask(true);
  byId("stay", HTMLButtonElement).focus();
}

function prepareQuestion() {
  const stay = () => {
    ask(false);
    byId("another", HTMLButtonElement).focus();
  };
  byId("stay", HTMLButtonElement).addEventListener("click", stay);
  byId("leaving", HTMLElement).addEventListener("keydown", ({ key }) => key === "Escape" && stay());
  byId("leave", HTMLButtonElement).addEventListener("click", () => {
    ask(false);
    goOn();
  });
}

/** @param {boolean} asked */
function ask(asked) {
  byId("leaving", HTMLElement).hidden = !asked;
  byId("going-on", HTMLElement).hidden = asked;
}

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
