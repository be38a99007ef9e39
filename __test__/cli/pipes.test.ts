import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { tmpdir } from "node:os";

import { describe, expect, it } from "vitest";

import { command, plainEnvironment } from "../_command.ts";
import { BIN } from "./_cli.ts";
import { sealed } from "./_samples.ts";

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Runs it with a standard output that nobody reads, as after `| true`, or with one that cannot be written. */
function run(args: readonly string[], output: "closed" | number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const stdout = output === "closed" ? "pipe" : output;
    const child = spawn(process.execPath, [BIN, ...args], {
      env: plainEnvironment(),
      stdio: ["ignore", stdout, "pipe"],
    });
    child.stdout?.destroy();
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stderr }));
  });
}

describe("a closed pipe", () => {
  it.each([
    [["keys", "generate", "--count", "64", "--json"]],
    [["keys", "generate"]],
    [["inspect", sealed()]],
    [["doctor"]],
    [["--help"]],
    [["--version"]],
  ])("ends %j in silence", async (args) => {
    expect(await run(args, "closed")).toEqual({ code: 1, signal: null, stderr: "" });
  });

  it("behind head ends in silence too", async () => {
    const line = '"$0" "$1" keys generate --count 64 --json | head -c1';
    const { stdout, stderr } = await command("sh", ["-c", line, process.execPath, BIN], { cwd: tmpdir() });
    expect({ stdout, stderr }).toEqual({ stdout: "[", stderr: "" });
  });

  it("of standard error changes nothing", async () => {
    const line = '"$0" "$1" nonsense 2>&1 >&3 3>&- | true; "$0" "$1" --version';
    const { stdout } = await command("sh", ["-c", `exec 3>/dev/null; ${line}`, process.execPath, BIN], {
      cwd: tmpdir(),
    });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("an output that cannot be written", () => {
  it("is a failure, and said", async () => {
    const { code, signal, stderr } = await run(["keys", "generate"], openSync(BIN, "r"));
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toBe("ironkeep: standard output cannot be written\n");
  });
});
