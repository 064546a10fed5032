/**
 * The worker's sentences: from the same catalogues as the pages', in the language that was chosen, else the browser's.
 */

import { pick, variantsOf } from "./pages/languages.js";
import { speak } from "./pages/messages.js";
import { loadSettings } from "./settings.js";

/**
 * To be awaited before each time that something is said (`message`, and what pages/units.js makes): the worker may be a
 * new one, and the language another.
 * @returns {Promise<void>}
 */
export async function loadWords() {
  const { language } = await loadSettings();
  await speak(pick(language === "" ? navigator.languages : variantsOf(language)));
}
