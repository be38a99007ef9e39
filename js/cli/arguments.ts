import { parseArgs } from "node:util";

import { nearest } from "../nearest.js";
import type { Command } from "./command.js";
import { UsageError } from "./outcome.js";

/** A command with the arguments that are its own. */
export interface Call {
  readonly command: Command;
  readonly args: readonly string[];
}

/** Names are repeated where they look like names: a password or a token may stand in a wrong place. */
const PLAIN_NAME = /^(?:--?)?[a-z][a-z-]{0,19}$/;
const WHOLE = /^\d{1,15}$/;

/**
 * Walks from the root to the command that the first arguments name.
 *
 * @throws {UsageError} for a command that does not exist.
 */
export function findCommand(root: Command, args: readonly string[]): Call {
  const { subCommands } = root;
  const [first, ...rest] = args;
  if (!subCommands || first === undefined || first.startsWith("-")) return { command: root, args };
  const found = Object.hasOwn(subCommands, first) ? subCommands[first] : undefined;
  if (!found) throw unknown("command", first, Object.keys(subCommands), root);
  return findCommand(found, rest);
}

/**
 * Checks what citty lets pass: options that do not exist, that lack a value or have one too many, and stray arguments.
 *
 * @returns whether help was asked for.
 * @throws {UsageError}
 */
export function checkArguments({ command, args }: Call): "help" | "run" {
  const definitions = Object.entries(command.args ?? {});
  const positional = definitions.filter(([, { type }]) => type === "positional").map(([name]) => name);
  const options = definitions.filter(([, { type }]) => type !== "positional");
  const isBoolean = new Map(options.map(([name, { type }]) => [name, type === "boolean"]));
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(options.map(([name, { type }]) => [name, { type: toNodeType(type) }])),
      help: { type: "boolean", short: "h" },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) return "help";
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    const takesNone = isBoolean.get(name);
    if (takesNone === undefined) throw unknown("option", rawName, [...isBoolean.keys()], command);
    if (takesNone && value !== undefined) throw new UsageError(`--${name} takes no value`);
    // What follows a forgotten value is the next option; one that really starts with a hyphen goes behind "=".
    if (!takesNone && (value === undefined || (!inlineValue && /^-./.test(value)))) {
      throw new UsageError(`--${name} needs a value`);
    }
  }
  const given = tokens.filter((token) => token.kind === "positional").length;
  if (given > positional.length) throw new UsageError(tooMany(command, positional));
  const missing = positional[given];
  if (missing !== undefined) throw new UsageError(`${command.meta.name} needs ${missing.toUpperCase()}`);
  return "run";
}

/**
 * A whole number given as an option.
 *
 * @throws {UsageError} for anything else, and outside of the range.
 */
export function wholeNumber(text: string, option: string, min: number, max: number): number {
  const number = WHOLE.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${option} takes a whole number from ${min} to ${max}`);
}

function toNodeType(type: string | undefined): "boolean" | "string" {
  return type === "boolean" ? "boolean" : "string";
}

function tooMany({ meta }: Command, positional: readonly string[]): string {
  const [only] = positional;
  return only
    ? `${meta.name} takes one ${only.toUpperCase()}: put quotes around it where it has blanks`
    : `${meta.name} takes options alone`;
}

function unknown(kind: "command" | "option", given: string, names: readonly string[], command: Command): UsageError {
  const shown = PLAIN_NAME.test(given) ? ` "${given}"` : "";
  const bare = given.replace(/^-+/, "");
  const meant = shown && nearest(bare, names);
  const advice = meant
    ? `did you mean "${kind === "option" ? "--" : ""}${meant}"?`
    : names.length > 0
      ? `there is: ${names.map((name) => (kind === "option" ? `--${name}` : name)).join(", ")}`
      : `it has none`;
  return new UsageError(`${command.meta.name} has no ${kind}${shown || " of that name"}; ${advice}`);
}
