import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { BIN, cli } from "./_cli.ts";
import { DATA, PASSWORD, sealed } from "./_samples.ts";

const COMMANDS = [[], ["keys"], ["keys", "generate"], ["keys", "rotate"], ["inspect"], ["doctor"]];
const version = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }
).version;

/** The code of each wrong command line is 2, nothing is on standard output, and the message is one line. */
async function refused(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(args);
  expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
  expect(stderr).toMatch(/^ironkeep: ERR_CONFIG: [^\n]+\n$/);
  return stderr;
}

describe.concurrent("help and version", () => {
  it.each([...COMMANDS.map((command) => [[...command, "--help"]]), [["keys", "-h"]]])("%j", async (args) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`USAGE ${["ironkeep", ...args.slice(0, -1)].join(" ")}`);
    expect(stdout).toContain("0  done   1  failed, or something is wrong   2  wrong usage");
    // oxlint-disable-next-line no-control-regex -- colours are what is looked for
    expect(stdout).not.toMatch(/\u001b| \n/);
  });

  it("names every option of a command", async () => {
    const { stdout } = await cli(["keys", "rotate", "--help"]);
    for (const option of ["--ring", "--refresh-interval", "--keep", "--id", "--write", "--json"]) {
      expect(stdout).toContain(option);
    }
  });

  it("help wins over what else is wrong", async () => {
    expect((await cli(["keys", "generate", "--count", "x", "--none", "--help"])).code).toBe(0);
  });

  it.each(["--version", "-v"])("%s is the package's", async (option) => {
    expect(await cli([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("is documented, exit codes included", () => {
    const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
    for (const command of COMMANDS.filter((words) => words.join() !== "keys")) {
      expect(page).toContain(["ironkeep", ...command].join(" "));
    }
  });
});

describe.concurrent("a wrong command line", () => {
  it.each([
    [["kes"], 'ironkeep has no command "kes"; did you mean "keys"?'],
    [["keys", "rote"], 'ironkeep keys has no command "rote"; did you mean "rotate"?'],
    [["dockter"], 'did you mean "doctor"?'],
    [["toString"], "ironkeep has no command of that name; there is: keys, inspect, doctor"],
    [["constructor"], "ironkeep has no command"],
    [["--verbose"], 'ironkeep has no option "--verbose"; it has none'],
    [["keys", "generate", "--cuont", "3"], 'ironkeep keys generate has no option "--cuont"; did you mean "--count"?'],
    [["keys", "generate", "--refreshInterval", "3"], "has no option of that name; there is: --count, --id, --json"],
    [["keys", "rotate", "--refreshInterval", "3"], "has no option of that name"],
    [["doctor", "-j"], 'has no option "-j"; did you mean "--cwd"?'],
    [["doctor", "--no-json"], 'has no option "--no-json"'],
    [["doctor", "--json=yes"], "--json takes no value"],
    [["doctor", "--cwd"], "--cwd needs a value"],
    [["doctor", "--cwd", "--cwd", "x"], "--cwd needs a value"],
    [["doctor", "--cwd", "/none/of/these"], "--cwd takes an existing folder"],
    [["doctor", "--cwd", BIN], "--cwd takes an existing folder"],
    [["doctor", "here"], "ironkeep doctor takes options alone"],
    [["inspect"], "ironkeep inspect needs TOKEN"],
    [["inspect", "a=1;", "b=2"], "ironkeep inspect takes one TOKEN: put quotes around it"],
    [[], "ironkeep needs a command: keys, inspect, doctor. More: ironkeep --help"],
    [["keys"], "ironkeep keys needs a command: generate, rotate. More: ironkeep keys --help"],
  ])("%j", async (args, message) => {
    expect(await refused(args)).toContain(message);
  });

  it.each([
    [["keys", "--json"], 'ironkeep keys has no option "--json"; it has none'],
    [["doctor", "--cwd", "", "--json"], "--cwd takes an existing folder"],
    [["inspect", "--json"], "ironkeep inspect needs TOKEN"],
  ])("%j, whose error is JSON", async (args, message) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(JSON.parse(stderr)).toEqual({ error: { code: "ERR_CONFIG", message } });
  });

  it.each([
    [[PASSWORD]],
    [[sealed()]],
    [["keys", PASSWORD]],
    [["inspect", "x", `--${PASSWORD}`]],
    [["inspect", "x", `--pasword=${PASSWORD}`]],
    [["inspect", "x", `-${PASSWORD}`]],
    [["inspect", "x", PASSWORD]],
    [["inspect", sealed(), "--password-env", PASSWORD]],
    [["inspect", sealed(), `--password-env=${PASSWORD}`, "--ring", PASSWORD]],
    [["keys", "generate", "--id", PASSWORD]],
    [["keys", "generate", "--count", PASSWORD]],
    [["keys", "rotate", "--keep", PASSWORD]],
    [["doctor", "--cwd", PASSWORD]],
    [["doctor", `--json=${PASSWORD}`]],
  ])("repeats no secret that stands in a wrong place: %#", async (args) => {
    const stderr = await refused(args);
    expect(stderr).not.toContain(PASSWORD.slice(0, 12));
    expect(stderr).not.toContain(DATA.slice(0, 12));
  });
});
