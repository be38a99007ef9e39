import type { Finding } from "./finding.js";
import { isInRange } from "./versions.js";

/** Whether this Node is one that the package is for. */
export function checkNode(version: string, range: string): Finding {
  return isInRange(version, range)
    ? { check: "node", level: "ok", message: `Node ${version} is supported` }
    : {
        check: "node",
        level: "error",
        message: `Node ${version} is not supported`,
        advice: `Use a Node in ${range}`,
      };
}
