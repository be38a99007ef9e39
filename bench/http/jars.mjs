import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { foreignTokens } from "../lib/foreign.mjs";

/** Cookies of distinct sessions, in memory for Node's client and in a file for wrk's. */
export class Jars {
  #folder = mkdtempSync(join(tmpdir(), "ironkeep-bench-"));

  /** Makes the cookies of `sessions` for each of `stacks`: one jar for each maker. Gives the jars by the maker's name. */
  async fill(stacks, sessions, password) {
    const byMaker = new Map(Object.values(stacks).map(({ maker, cookie }) => [maker, cookie]));
    const jars = await Promise.all(
      [...byMaker].map(async ([maker, name]) => {
        const values = (await foreignTokens(maker, sessions, { password })).map(encodeURIComponent);
        const file = join(this.#folder, `${maker.replaceAll(" ", "-")}.txt`);
        writeFileSync(file, `${values.join("\n")}\n`);
        return [maker, { name, file, values }];
      }),
    );
    return new Map(jars);
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
