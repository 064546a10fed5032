/**
 * A picture of what is visible of the tab that was clicked.
 */

import { message } from "./pages/messages.js";
import { stamped } from "./pages/names.js";
import { Trouble } from "./trouble.js";
import { loadWords } from "./words.js";

/** Chrome takes no more than two a second, in milliseconds. */
const PAUSE = 600;

/** @param {chrome.tabs.Tab} tab @returns {Promise<import("./work.js").Content>} @throws {Trouble} `noPicture` */
export async function takePicture({ windowId }) {
  const take = () => chrome.tabs.captureVisibleTab(windowId, { format: "png" });
  const url = await take().catch(async () => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    return await take().catch(() => {
      throw new Trouble("noPicture");
    });
  });
  await loadWords();
  const name = `${message("extension.name.screenshot", { time: stamped(new Date()) })}.png`;
  return { kind: "octets", base64: url.slice(url.indexOf(",") + 1), type: "image/png", name };
}
