import type { ArgsDef, CommandContext } from "citty";

import type { Outcome } from "./outcome.js";

interface Meta {
  /** The words that call it, from `ironkeep` on. */
  readonly name: string;
  readonly description: string;
}

/** A command, in the form that citty takes: one that runs, or one that has others below it. */
export interface Command {
  readonly meta: Meta;
  readonly args?: ArgsDef;
  readonly subCommands?: Record<string, Command>;
  run?(context: unknown): Promise<Outcome>;
}

/** Makes a command that runs, whose arguments have the types that they are declared with. */
export function defineCommand<const T extends ArgsDef>(definition: {
  readonly meta: Meta;
  readonly args: T;
  run(context: CommandContext<T>): Promise<Outcome>;
}): Command {
  return definition;
}
