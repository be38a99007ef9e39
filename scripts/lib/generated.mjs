import { Failure, capture } from "./run.mjs";

const GENERATED = [
  "Cargo.lock",
  "THIRD-PARTY-LICENSES.md",
  "docs/errors.md",
  "index.cjs",
  "index.d.ts",
  "js/error-codes_generated.ts",
  "npm",
];

/** Throws when what the build just made is not what is in the repository. */
export function requireCommitted() {
  const stale = capture("git", ["diff", "--name-only", "--", ...GENERATED]);
  const unknown = capture("git", ["ls-files", "--others", "--exclude-standard", "--", ...GENERATED]);
  const files = `${stale}${unknown}`.split("\n").filter(Boolean);
  if (files.length === 0) return;
  throw new Failure(`Generated, and not what is committed: ${files.join(", ")}. Commit them.`);
}
