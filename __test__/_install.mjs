// Installs what the package-lock.json of a folder says. In a process of its own: it waits for npm synchronously.

import { ensureDependencies } from "../scripts/lib/require.mjs";
import { main } from "../scripts/lib/run.mjs";

await main(([folder]) => ensureDependencies(folder));
