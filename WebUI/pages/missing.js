/** What stands where nothing is: sentences only. */

import { entitle, start } from "./page.js";

await start(() => entitle("missing.document"));
