import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { Failure, root } from "./run.mjs";

function filesUnder(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  const names = readdirSync(full).toSorted();
  return names.flatMap((name) => filesUnder(`${path}/${name}`));
}

function hashOf(paths, facts = []) {
  const hash = createHash("sha256").update(JSON.stringify(facts));
  for (const path of paths.flatMap(filesUnder)) {
    const content = createHash("sha256")
      .update(readFileSync(join(root, path)))
      .digest("hex");
    hash.update(`${path}\0${content}\n`);
  }
  return hash.digest("hex");
}

/**
 * Makes `outputs` from `inputs` unless both are as the last making left them. Contents are compared,
 * not times: a checkout changes times, and an edited output has to be made again.
 *
 * `outputs` is a function, since the name of an output can depend on the platform.
 */
export async function once({ name, inputs, facts, outputs, force = false }, make) {
  const stamp = join(root, "target/ironkeep", `${name}.json`);
  const before = hashOf(inputs, facts);
  const last = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : {};
  if (!force && last.inputs === before && last.outputs === hashOf(outputs())) return;

  console.log(`\n> ${name}`);
  await make();
  const missing = outputs().filter((path) => filesUnder(path).length === 0);
  if (missing.length > 0 || outputs().length === 0) {
    throw new Failure(`${name}: ${missing.join(", ") || "the output"} was not made.`);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ inputs: before, outputs: hashOf(outputs()) }));
}
