/**
 * The reader's way to another language, at the foot of every page.
 */

import { isChosenHere, LANGUAGES } from "./languages.js";
import { chooseLanguage, label, languageTag, say } from "./messages.js";

/** @param {Element} foot of the page */
export function offerLanguages(foot) {
  if (LANGUAGES.length < 2 || !isChosenHere()) return;
  const problem = document.createElement("p");
  problem.className = "problem";
  problem.setAttribute("role", "alert");
  problem.hidden = true;
  const select = document.createElement("select");
  select.append(...LANGUAGES.map(optionOf));
  select.value = languageTag();
  label(select, "language");
  select.addEventListener("change", () => void choose(select, problem));
  const place = document.createElement("div");
  place.className = "select languages";
  place.append(globe(), select, arrow());
  foot.append(place, problem);
}

/** @param {import("./languages.js").Language} language @returns {HTMLOptionElement} in its own words, whatever stands around it */
export function optionOf({ tag, name, direction }) {
  const option = new Option(name, tag);
  option.lang = tag;
  option.dir = direction;
  return option;
}

/** @param {HTMLSelectElement} select @param {HTMLElement} problem */
async function choose(select, problem) {
  try {
    await chooseLanguage(select.value);
    problem.hidden = true;
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    say(problem, "language.failed", { language: LANGUAGES.find(({ tag }) => tag === select.value)?.name ?? select.value });
    problem.hidden = false;
  }
  select.value = languageTag();
}

const globe = () =>
  icon("M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM2.5 10h15M10 2.5c-5 4.5-5 10.500 0 15 5-4.5 5-10.500 0-15");
const arrow = () => icon("m5 8 5 5 5-5");

/** @param {string} path @returns {SVGSVGElement} */
function icon(path) {
  const names = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(names, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(names, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
