import type { Command } from "../command.js";
import { doctor } from "./doctor.js";
import { inspect } from "./inspect.js";
import { keys } from "./keys.js";

/** All commands. */
export const root: Command = {
  meta: { name: "ironkeep", description: "Keys, tokens and set-up of Ironkeep's sessions" },
  subCommands: { keys, inspect, doctor },
};
