// npm run release -- COMMAND: the steps of a release, as .github/workflows/release.yml calls them.

import { readdirSync } from "node:fs";

import { Failure, main } from "./lib/run.mjs";

const folder = new URL("release/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".mjs"))
  .map((name) => name.slice(0, -".mjs".length));

const command = (name) => import(new URL(`${name}.mjs`, folder));

async function usage() {
  const lines = await Promise.all(names.map(async (name) => `  ${name} ${(await command(name)).usage}`));
  return `npm run release -- COMMAND\n\n${lines.join("\n")}`;
}

await main(async ([name, ...args]) => {
  if (name === undefined) return console.log(await usage());
  if (!names.includes(name)) throw new Failure(`There is no command ${name}.\n\n${await usage()}`);
  await (await command(name)).run(args);
});
