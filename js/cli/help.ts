import { renderUsage } from "citty";

import type { Command } from "./command.js";

const EXIT_CODES = "EXIT CODES\n\n  0  done   1  failed, or something is wrong   2  wrong usage";

/** Blanks that citty leaves at the end of a line, before the codes that end a colour. */
// oxlint-disable-next-line no-control-regex -- the codes of colours begin with one
const TRAILING_BLANKS = /[ \t]+((?:\u001b\[\d+m)*)$/gm;

/** The text of `--help`. */
export async function usageOf(command: Command): Promise<string> {
  const usage = await renderUsage(command);
  return `${usage.replaceAll(TRAILING_BLANKS, "$1").trimEnd()}\n\n${EXIT_CODES}`;
}
