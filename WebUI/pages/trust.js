/** What the server can see: sentences only. */

import { entitle, start } from "./page.js";

await start(() => entitle("trust.document"));
