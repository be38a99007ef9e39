import { Failure } from "../lib/run.mjs";
import { versionFaults } from "../lib/versions.mjs";

export const usage =
  "[TAG]: whether everything says the same version, and a tag too; in GitHub Actions the tag it runs for";

export function run([tag]) {
  const { GITHUB_REF_TYPE: type, GITHUB_REF_NAME: name } = process.env;
  const faults = versionFaults({ tag: tag ?? (type === "tag" ? name : undefined) });
  if (faults.length > 0) throw new Failure(faults.join("\n"));
  console.log("Everything says the same version.");
}
