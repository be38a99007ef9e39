// npm run bench -- AREA [--json FILE]: measures one area of bench/.

import { readdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "./lib/build.mjs";
import { ensureDependencies } from "./lib/require.mjs";
import { Failure, main } from "./lib/run.mjs";

const folder = new URL("../bench/", import.meta.url);
const areas = readdirSync(folder)
  .filter((name) => name.endsWith(".mjs"))
  .map((name) => name.slice(0, -".mjs".length));

const usage = `npm run bench -- AREA [--json FILE]\n\nThe areas: ${areas.join(", ")}`;

function read(args) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { json: { type: "string" } } });
  } catch (error) {
    throw new Failure(`${error.message}\n\n${usage}`);
  }
}

await main(async (args) => {
  const { positionals, values } = read(args);
  const [area, ...rest] = positionals;
  if (area === undefined) return console.log(usage);
  if (!areas.includes(area) || rest.length > 0) {
    throw new Failure(`No area is named ${positionals.join(" ")}. There is: ${areas.join(", ")}.`);
  }
  await build();
  // Peers that only the bench needs, in a folder of their own so that the tests install none of them.
  ensureDependencies(fileURLToPath(new URL("peers", folder)));
  const { run } = await import(new URL(`${area}.mjs`, folder));
  const result = await run();
  if (values.json === undefined) return;
  // npm runs scripts in the package's folder; a relative path is meant from where the person stands.
  const file = resolve(process.env.INIT_CWD ?? ".", values.json);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`\nWritten to ${file}`);
});
