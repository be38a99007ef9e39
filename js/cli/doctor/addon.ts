import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Engine } from "../../engine/index.js";
import { isIronkeepError } from "../../errors.js";
import type { Manifest } from "../package.js";
import type { Finding } from "./finding.js";

/** A package with a binary, as it is installed. */
export interface Installed {
  readonly name: string;
  readonly version: string;
}

/** Whether the addon loads, and is of the package's version. */
export function checkAddon(engine: Engine | Error, version: string): Finding {
  if (engine instanceof Error) {
    const advice = "Reinstall the package's dependencies on this platform";
    // Another error than ours has a text of unknown origin.
    const message = isIronkeepError(engine) ? engine.message : "The native addon does not load";
    return { check: "addon", level: "error", message, advice };
  }
  const native = engine.engineVersion();
  if (native === version) return { check: "addon", level: "ok", message: `The native addon ${native} loads` };
  return {
    check: "addon",
    level: "error",
    message: `The native addon is of version ${native}, and the package of ${version}`,
    advice: "Reinstall both: npm install ironkeep",
  };
}

/** Which packages with binaries are installed, and whether they are of the package's version. */
export function checkPlatform(installed: readonly Installed[], manifest: Manifest, loads: boolean): Finding {
  const { version = "" } = manifest;
  const names = installed.map((found) => `${found.name}@${found.version}`).join(", ");
  const others = installed.filter((found) => found.version !== version);
  if (others.length > 0) {
    return {
      check: "platform",
      level: "error",
      message: `Of another version than ironkeep ${version}: ${others.map((found) => found.name).join(", ")}`,
      advice: `Reinstall: npm install ironkeep@${version}`,
    };
  }
  if (installed.length > 0) {
    return loads
      ? { check: "platform", level: "ok", message: `Installed: ${names}` }
      : {
          check: "platform",
          level: "error",
          message: `Installed, and not what this platform needs: ${names}`,
          advice: "Install on the platform that runs the app; don't copy node_modules to it",
        };
  }
  return loads
    ? { check: "platform", level: "ok", message: "No platform package is installed: the binary is beside the loader" }
    : {
        check: "platform",
        level: "error",
        message: "No platform package is installed",
        advice:
          "Install with optional dependencies: without --omit=optional, and with a lockfile that has this platform",
      };
}

/** The platform packages that the manifest lists and that can be found from it. */
export function installedPlatforms(manifest: Manifest, manifestPath: string): Installed[] {
  const locate = createRequire(manifestPath).resolve;
  return Object.keys(manifest.optionalDependencies ?? {}).flatMap((name) => {
    try {
      const { version = "" } = JSON.parse(readFileSync(locate(`${name}/package.json`), "utf8")) as Manifest;
      return [{ name, version }];
    } catch {
      return [];
    }
  });
}
