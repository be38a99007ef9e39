import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { plainEnvironment } from "../_command.ts";
import { INSTALLS_WITHIN_MS, binaryOf, nodes, platform, runsHere } from "./_versions.ts";

const smoke = join(import.meta.dirname, "smoke.mjs");
/** Far more than it takes: what is killed by this did not end by itself. */
const ENDS_WITHIN_MS = 60_000;

/** What a script said and how it ended, reduced to what may go wrong. */
interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly firstLine: string | undefined;
  readonly lastLine: string | undefined;
  readonly hasChecks: boolean;
  readonly otherLines: readonly string[];
}

const passedOn = (version: string): Ending => ({
  code: 0,
  signal: null,
  stderr: "",
  firstLine: `node v${version}`,
  lastLine: "done",
  hasChecks: true,
  otherLines: [],
});

async function runSmoke(node: string): Promise<Ending> {
  const child = spawn(node, [smoke], {
    env: plainEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: ENDS_WITHIN_MS,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  const [firstLine, ...lines] = stdout.trimEnd().split("\n");
  const lastLine = lines.pop();
  const otherLines = lines.filter((line) => !line.startsWith("ok "));
  return { code, signal, stderr, firstLine, lastLine, hasChecks: lines.length > 0, otherLines };
}

describe("the addon loads, passes and ends", () => {
  it(
    "on this Node",
    async () => {
      expect(await runSmoke(process.execPath)).toEqual(passedOn(process.versions.node));
    },
    2 * ENDS_WITHIN_MS,
  );

  it.each(runsHere ? nodes : [])(
    "on Node $version",
    async ({ name, version }) => {
      expect(await runSmoke(await binaryOf(name))).toEqual(passedOn(version));
    },
    INSTALLS_WITHIN_MS + 2 * ENDS_WITHIN_MS,
  );

  it.each(runsHere ? [] : nodes)(`(not run on ${platform}, for which its package has no binary: Node $version)`, () => {
    expect(runsHere).toBe(false);
  });
});
