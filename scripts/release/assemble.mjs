import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { binaryFaults } from "../lib/binary.mjs";
import { addLicences, binariesIn, napi, pack, stage } from "../lib/packages.mjs";
import { ensureDependencies } from "../lib/require.mjs";
import { Failure, root } from "../lib/run.mjs";
import { binaryOf, platformOf, targets } from "../lib/targets.mjs";

export const usage = "[ARTIFACTS [FOLDER]]: makes the tarballs of all packages from the binaries of all targets";

function requireGoodBinaries(artifacts) {
  const binaries = binariesIn(artifacts);
  const faults = targets.flatMap((target) => {
    const path = binaries.get(binaryOf(target));
    if (path === undefined) return [`${binaryOf(target)}: it is missing`];
    return binaryFaults(readFileSync(path), target).map((fault) => `${binaryOf(target)}: ${fault}`);
  });
  if (faults.length > 0) throw new Failure(faults.join("\n"));
}

/** Packs everything that a release publishes into `FOLDER/tarballs`, and gives what npm says of each, in the order to publish. */
export function assemble(artifacts, folder) {
  requireGoodBinaries(artifacts);
  const staged = join(folder, "staged");
  const destination = join(folder, "tarballs");
  rmSync(destination, { recursive: true, force: true });
  stage(staged);
  napi("artifacts", "--cwd", staged, "--output-dir", artifacts);
  for (const target of targets) addLicences(staged, target);
  // Publishes nothing: it adds the platform packages to the main one's optional dependencies, and checks that they agree.
  napi("pre-publish", "--cwd", staged, "--tag-style", "npm", "--no-gh-release", "--skip-optional-publish");
  const platforms = targets.map((target) => join(staged, "npm", platformOf(target)));
  // The main package last: who installs it in between would get it without a binary.
  const tarballs = pack([...platforms, staged], destination);
  const list = tarballs.map(({ filename, name, version, integrity }) => ({ filename, name, version, integrity }));
  writeFileSync(join(destination, "tarballs.json"), `${JSON.stringify(list, null, 2)}\n`);
  return tarballs;
}

export function run([artifacts = "artifacts", folder = "target/release-packages"]) {
  ensureDependencies();
  for (const { filename, size, files } of assemble(join(root, artifacts), join(root, folder))) {
    console.log(`${filename}: ${files.length} files, ${size} bytes`);
  }
}
