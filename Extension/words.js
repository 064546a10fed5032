/**
 * The worker's sentences: from the same catalogues as the pages', in the language that was chosen, else the browser's.
 */

import { pick, variantsOf } from "./pages/languages.js";
import { speak } from "./pages/messages.js";
import { loadSettings } from "./settings.js";

/** The language and its variant that are spoken. They are asked for at every step of a file: what is here is not fetched again. */
let spoken = "";

/**
 * To be awaited before each time that something is said (`message`, and what pages/units.js makes): the worker may be a
 * new one, and the language another.
 * @returns {Promise<void>}
 */
export async function loadWords() {
  const { language } = await loadSettings();
  const picked = pick(language === "" ? navigator.languages : variantsOf(language));
  const wanted = `${picked.language.tag} ${picked.locale}`;
  if (wanted === spoken) return;
  await speak(picked);
  spoken = wanted;
}
