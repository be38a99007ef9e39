import type { Finding } from "./finding.js";
import type { FoundH3, Tree } from "./h3-tree.js";
import { compareVersions, majorOf } from "./versions.js";

/** From here on h3 2 writes 8192 iterations. */
const FIRST_OF_GENERATION_2 = "2.0.1-rc.25";
/** The lowest of each major that the helpers are made for. */
const LEAST = { 1: "1.15.0", 2: "2.0.1-rc.2" } as const;

/** What each h3 of the tree writes, and what to do where it does not fit. */
export function checkH3({ found, isComplete }: Tree): Finding[] {
  const findings = found
    .toSorted((a, b) => compareVersions(a.version, b.version) || (a.path < b.path ? -1 : 1))
    .map((h3) => checkOne(h3));
  if (found.length === 0) {
    findings.push({ check: "h3", level: "ok", message: "There is no h3 in node_modules, or it is bundled" });
  }
  if (!isComplete) {
    const message = "node_modules is too large to look at all of it";
    findings.push({ check: "h3", level: "warn", message, advice: "Run it in the app's own folder, with --cwd" });
  }
  return findings;
}

function checkOne({ version, path }: FoundH3): Finding {
  const major = majorOf(version);
  const where = `h3 ${version} (${path})`;
  if (major !== 1 && major !== 2) {
    const message = `${where} is none that the helpers are made for`;
    return { check: "h3", level: "warn", message, advice: "Use h3 1.15 or h3 2" };
  }
  const itself = major === 2 && compareVersions(version, FIRST_OF_GENERATION_2) >= 0 ? 2 : 1;
  const iterations = { 1: "generation 1 (1 iteration)", 2: "generation 2 (8192 iterations)" } as const;
  if (compareVersions(version, LEAST[major]) < 0) {
    const message = `${where} is below ${LEAST[major]}, the lowest that the helpers are made for`;
    return { check: "h3", level: "warn", message, advice: `Update h3 to ${LEAST[major]} or newer` };
  }
  if (itself !== major) {
    const message = `${where} reads and writes ${iterations[1]} alone, and the helpers write ${iterations[2]} on its events`;
    const advice = "Set generation: 1 where its own sessions have to read the cookies, or update h3";
    return { check: "h3", level: "warn", message, advice };
  }
  return { check: "h3", level: "ok", message: `${where} is h3 ${major}: cookies of ${iterations[itself]}` };
}
