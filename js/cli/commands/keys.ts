import type { Command } from "../command.js";
import { keysGenerate } from "./keys-generate.js";
import { keysRotate } from "./keys-rotate.js";

export const keys: Command = {
  meta: { name: "ironkeep keys", description: "Make keys and rotate them; the only commands that print secrets" },
  subCommands: { generate: keysGenerate, rotate: keysRotate },
};
