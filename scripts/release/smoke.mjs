import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { addLicences, binariesIn, dependOn, pack, stage } from "../lib/packages.mjs";
import { Failure, run as execute, root } from "../lib/run.mjs";
import { binaryOf, requireTarget } from "../lib/targets.mjs";

export const usage = "TARGET [ARTIFACTS]: installs the packed packages as a user does, and seals and unseals with them";

/** Where a Linux binary is tried: the oldest Debian that Node's images have, and Alpine. */
const IMAGES = { gnu: "node:22-bullseye-slim", musl: "node:22-alpine" };

/** Makes an empty project with the tarballs of the main package and of this target's, and gives the command to install them. */
function makeProject(target, binary, folder) {
  const staged = join(folder, "staged");
  stage(staged);
  const platform = addLicences(staged, target);
  copyFileSync(binary, join(platform, binaryOf(target)));
  // On this platform alone: before a release the other packages are in no registry.
  dependOn(staged, [platform]);
  const tarballs = pack([platform, staged], folder).map(({ filename }) => `file:./${filename}`);
  rmSync(staged, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  copyFileSync(join(root, "scripts/lib/smoke-app.mjs"), join(folder, "smoke-app.mjs"));
  return ["npm", "install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", ...tarballs];
}

function useHere([command, ...args], folder) {
  execute(command, args, { cwd: folder, shell: process.platform === "win32" });
  execute(process.execPath, ["smoke-app.mjs"], { cwd: folder });
}

function useIn(image, install, folder) {
  // As the user who runs this: what root writes, nobody else can remove.
  const user = `${process.getuid()}:${process.getgid()}`;
  const options = ["--rm", "--user", user, "--env", "HOME=/tmp", "--volume", `${folder}:/app`, "--workdir", "/app"];
  execute("docker", ["run", ...options, image, "sh", "-c", `${install.join(" ")} && node smoke-app.mjs`]);
}

/** Throws when the packages of a target, with a binary from `artifacts`, do not work in `image`, or here without one. */
export function smoke(target, artifacts, image) {
  const binary = binariesIn(artifacts).get(binaryOf(target));
  if (binary === undefined) throw new Failure(`There is no ${binaryOf(target)} in ${artifacts}.`);
  const folder = mkdtempSync(join(tmpdir(), "ironkeep-smoke-"));
  try {
    const install = makeProject(target, binary, folder);
    if (image === undefined) useHere(install, folder);
    else useIn(image, install, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function run([target, artifacts = "artifacts"]) {
  requireTarget(target);
  const [, , , abi] = target.split("-");
  smoke(target, join(root, artifacts), IMAGES[abi]);
}
