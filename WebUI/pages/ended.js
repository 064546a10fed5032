/**
 * The view instead of a view: a sentence on what happened, and what can be done next.
 */

import { write } from "./messages.js";
import { byId, complain, show } from "./page.js";

/**
 * @typedef {object} Ending
 * @property {import("./messages.js").Said} title
 * @property {import("./messages.js").Said} text
 * @property {(() => void) | null} [again] what a press on the button does; no button without it
 * @property {boolean} [whenOnline] the same by itself, as soon as the device is online again
 * @property {boolean} [paste] asks for the whole link
 * @property {boolean} [calm] nothing went wrong: it is not announced as an alert
 */

/** @type {(() => void) | null} */
let again = null;
let whenOnline = false;

/** @param {Ending} ending */
export function end(ending) {
  const text = byId("ended-text", HTMLElement);
  write(byId("ended-title", HTMLElement), ending.title);
  text.setAttribute("role", ending.calm ? "status" : "alert");
  again = ending.again ?? null;
  whenOnline = ending.whenOnline ?? false;
  byId("ended-again", HTMLElement).hidden = again === null;
  byId("paste", HTMLFormElement).hidden = !ending.paste;
  byId("pasted", HTMLTextAreaElement).value = "";
  byId("ended", HTMLElement).hidden = true; // so that the same view twice takes the focus again
  show("ended");
  complain(text, ending.text); // last, so that it is announced
}

/** @param {(address: string) => void} pasted */
export function prepareEnding(pasted) {
  const field = byId("pasted", HTMLTextAreaElement);
  const form = byId("paste", HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim() !== "") pasted(field.value);
  });
  // A link is one line: Enter means go.
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  byId("again", HTMLButtonElement).addEventListener("click", () => again?.());
  addEventListener("online", () => {
    if (whenOnline && !byId("ended", HTMLElement).hidden) again?.();
  });
}
