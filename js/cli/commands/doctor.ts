import { statSync } from "node:fs";
import { resolve } from "node:path";
import { styleText } from "node:util";

import type { Engine } from "../../engine/index.js";
import { defineCommand } from "../command.js";
import { checkAddon, checkPlatform, installedPlatforms } from "../doctor/addon.js";
import { checkCookie, parseCookie } from "../doctor/cookie.js";
import type { Finding, Level } from "../doctor/finding.js";
import { checkH3 } from "../doctor/h3.js";
import { findH3 } from "../doctor/h3-tree.js";
import { checkKeys } from "../doctor/keys.js";
import { checkNode } from "../doctor/node.js";
import { isGuessable, isStrongKey, loadEngine } from "../engine.js";
import { type Outcome, UsageError } from "../outcome.js";
import { MANIFEST_PATH, ownManifest } from "../package.js";
import { printable } from "../print.js";
import { readEnvironment } from "../read.js";
import type { RingKey } from "../ring.js";

const INDENT = " ".repeat(17);
const COLORS = { ok: "green", warn: "yellow", error: "red" } as const;

export const doctor = defineCommand({
  meta: { name: "ironkeep doctor", description: "Look for what keeps sessions from working here" },
  args: {
    cwd: { type: "string", valueHint: "DIR", default: ".", description: "the app's folder, where h3 is looked for" },
    cookie: {
      type: "string",
      valueHint: "JSON",
      description: "a cookie's settings, to see what browsers refuse of them",
    },
    json: { type: "boolean", description: "as JSON" },
  },
  async run({ args }): Promise<Outcome> {
    if (!isFolder(args.cwd)) throw new UsageError("--cwd takes an existing folder");
    const cookie = args.cookie === undefined ? [] : checkCookie(parseCookie(args.cookie), Date.now());
    const findings = [...(await examine(resolve(args.cwd))), ...cookie];
    const counts = countLevels(findings);
    return {
      json: { version: ownManifest().version, ok: counts.error === 0, counts, findings },
      text: [...findings.map((found) => show(found)), summary(counts)].join("\n"),
      failed: counts.error > 0,
    };
  },
});

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

async function examine(cwd: string): Promise<Finding[]> {
  const manifest = ownManifest();
  const engine = await loadEngine().catch((error: Error) => error);
  const loaded: Engine | undefined = engine instanceof Error ? undefined : engine;
  const environment = {
    ring: readEnvironment("IRONKEEP_KEYS"),
    nuxtPassword: readEnvironment("NUXT_SESSION_PASSWORD"),
    password: readEnvironment("SESSION_PASSWORD"),
  };
  const judge = loaded && {
    isGuessable: (password: string) => isGuessable(loaded, password),
    isStrongKey: (key: RingKey) => isStrongKey(loaded, key),
  };
  return [
    checkNode(process.versions.node, manifest.engines?.node ?? ""),
    checkAddon(engine, manifest.version ?? ""),
    checkPlatform(installedPlatforms(manifest, MANIFEST_PATH), manifest, loaded !== undefined),
    ...checkKeys(environment, judge, Date.now()),
    ...checkH3(findH3(cwd)),
  ];
}

function countLevels(findings: readonly Finding[]): Record<Level, number> {
  const counts = { ok: 0, warn: 0, error: 0 };
  for (const { level } of findings) counts[level]++;
  return counts;
}

function show({ level, check, message, advice }: Finding): string {
  const line = `${styleText(COLORS[level], level.padEnd(5))}  ${check.padEnd(8)}  ${indented(message)}`;
  return advice === undefined ? line : `${line}\n${INDENT}${indented(advice)}`;
}

/** A line break of somebody else's, such as in the version of a package, begins no finding. */
function indented(text: string): string {
  return printable(text).replaceAll("\n", `\n${INDENT}`);
}

function summary({ warn, error }: Record<Level, number>): string {
  if (error + warn === 0) return "Nothing is wrong";
  return [howMany(error, "error"), howMany(warn, "warning")].filter(Boolean).join(", ");
}

function howMany(number: number, noun: string): string {
  return number === 0 ? "" : `${number} ${noun}${number === 1 ? "" : "s"}`;
}
