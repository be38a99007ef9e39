import { runCommand } from "citty";

import { debug } from "../debug.js";
import { isIronkeepError } from "../errors.js";
import { type Call, checkArguments, findCommand } from "./arguments.js";
import { root } from "./commands/root.js";
import { usageOf } from "./help.js";
import { EXIT, type Outcome, UsageError } from "./outcome.js";
import { packageVersion } from "./package.js";
import { asJsonText, listenForClosedPipes, print } from "./print.js";

/** Runs one command line, prints what it gives, and tells the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  listenForClosedPipes();
  const isJson = args.includes("--json");
  try {
    if (args.length === 1 && (args[0] === "--version" || args[0] === "-v")) return await show(packageVersion());
    const call = findCommand(root, args);
    if (checkArguments(call) === "help") return await show(await usageOf(call.command));
    requireRunnable(call);
    const { result } = await runCommand(call.command, { rawArgs: [...call.args] });
    return await showOutcome(result as Outcome, isJson);
  } catch (error) {
    await print(process.stderr, describeError(error, isJson));
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
}

function requireRunnable({ command }: Call): void {
  if (!command.subCommands) return;
  const names = Object.keys(command.subCommands).join(", ");
  throw new UsageError(`${command.meta.name} needs a command: ${names}. More: ${command.meta.name} --help`);
}

async function showOutcome({ json, text, notes = [], failed = false }: Outcome, isJson: boolean): Promise<number> {
  const shown = await show(isJson ? asJsonText(json) : text);
  if (!isJson && notes.length > 0) await print(process.stderr, notes.join("\n"));
  return shown === EXIT.ok && failed ? EXIT.failed : shown;
}

async function show(text: string): Promise<number> {
  return (await print(process.stdout, text)) ? EXIT.ok : EXIT.failed;
}

/** An error of ours is shown as it is. Another's text may quote what it failed on, so it is left out. */
function describeError(error: unknown, isJson: boolean): string {
  const [code, message] = isIronkeepError(error)
    ? [error.code, error.message]
    : ["ERR_INTERNAL", "This is a defect in Ironkeep, please report it. NODE_DEBUG=ironkeep shows where it is"];
  if (!isIronkeepError(error) && error instanceof Error) {
    debug(`${error.name}\n${error.stack?.replaceAll(/^(?!\s+at ).*$/gm, "").trim() ?? ""}`);
  }
  return isJson ? asJsonText({ error: { code, message } }) : `ironkeep: ${code}: ${message}`;
}
