/**
 * The theme that the options say, before anything is painted: a script of the old kind, right after the style sheets. It
 * is read from localStorage, since storage.local cannot be read without waiting; page.js keeps the two alike, and says
 * `keylink-theme` when it has changed.
 */
{
  const DARK = "(prefers-color-scheme: dark)";

  /** What the style sheets say of the dark, whatever stands for its condition now. */
  const dark = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule instanceof CSSMediaRule && rule.conditionText === DARK);

  const wear = () => {
    const theme = localStorage.getItem("keylink-theme");
    for (const rule of dark) {
      if (rule instanceof CSSMediaRule) {
        rule.media.mediaText = theme === "dark" ? "all" : theme === "light" ? "not all" : DARK;
      }
    }
    document.documentElement.style.colorScheme = theme ?? "";
  };

  wear();
  addEventListener("keylink-theme", wear);
}
