// npm run build [-- --force]: builds what changed since the last build.

import { build } from "./lib/build.mjs";
import { main } from "./lib/run.mjs";

await main((args) => build({ force: args.includes("--force") }));
