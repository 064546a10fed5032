/**
 * What the extension's own pages share: they come up in the language and the theme that the options say, and follow them.
 */

import { chosenElsewhere, pick } from "./pages/languages.js";
import { chooseLanguage } from "./pages/messages.js";
import { start } from "./pages/page.js";
import { loadSettings, onSettings } from "./settings.js";

/** @typedef {import("./settings.js").Settings} Settings */

/** @param {(settings: Settings) => void | Promise<void>} run */
export async function startPage(run) {
  let settings = await loadSettings();
  wear(settings.theme);
  chosenElsewhere(() => settings.language);
  onSettings(async (changed) => {
    const { language } = settings;
    settings = changed;
    wear(changed.theme);
    if (changed.language !== language) await chooseLanguage(changed.language || pick(navigator.languages).language.tag);
  });
  await start(() => run(settings));
}

/** What theme.js finds when the next page comes up, and in this one from now on. @param {Settings["theme"]} theme */
function wear(theme) {
  if (theme === "system") localStorage.removeItem("keylink-theme");
  else localStorage.setItem("keylink-theme", theme);
  dispatchEvent(new Event("keylink-theme"));
}
