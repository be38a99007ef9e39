import { type Dirent, readFileSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

import type { Manifest } from "../package.js";

/** An h3 in the tree. */
export interface FoundH3 {
  readonly version: string;
  /** From the folder that was looked at, with forward slashes. */
  readonly path: string;
}

/** Every h3 that was found. */
export interface Tree {
  readonly found: readonly FoundH3[];
  /** Whether all was looked at: a tree may be larger than the limit. */
  readonly isComplete: boolean;
}

/** A large app has a few thousand packages. */
const MAX_FOLDERS = 100_000;

/**
 * Looks for h3 in every node_modules of `cwd` and, since workspaces share theirs, of the folders above it. An alias such as
 * `h3-next` is found by the name in its package.json. What is bundled into another package cannot be seen.
 */
export function findH3(cwd: string): Tree {
  const walk = new Walk(cwd);
  for (let folder = cwd; ; folder = dirname(folder)) {
    walk.modules(join(folder, "node_modules"));
    if (dirname(folder) === folder) break;
  }
  return { found: walk.found, isComplete: walk.left > 0 };
}

class Walk {
  readonly found: FoundH3[] = [];
  left = MAX_FOLDERS;
  readonly #cwd: string;
  readonly #seen = new Set<string>();

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  /** A folder named node_modules, or that of a scope in it. */
  modules(folder: string): void {
    for (const entry of this.#open(folder)) {
      if (!entry.isDirectory() && !entry.isSymbolicLink()) continue;
      const path = join(folder, entry.name);
      if (entry.name.startsWith("@")) this.modules(path);
      else if (entry.name === ".pnpm") this.#store(path);
      else if (!entry.name.startsWith(".")) this.#package(path, entry.name);
    }
  }

  /** pnpm's store: one folder for each package, with a node_modules in it. */
  #store(folder: string): void {
    this.modules(join(folder, "node_modules"));
    for (const entry of this.#open(folder)) {
      if (entry.isDirectory()) this.modules(join(folder, entry.name, "node_modules"));
    }
  }

  #package(folder: string, name: string): void {
    if (name.includes("h3")) this.#note(folder);
    this.modules(join(folder, "node_modules"));
  }

  #note(folder: string): void {
    try {
      const path = realpathSync(folder);
      const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
      if ((manifest.name !== "h3" && manifest.name !== "h3-nightly") || this.#seen.has(`h3 ${path}`)) return;
      this.#seen.add(`h3 ${path}`);
      this.found.push({ version: String(manifest.version), path: relative(this.#cwd, path).replaceAll(sep, "/") });
    } catch {
      // A folder without a readable package.json is no package.
    }
  }

  /** The entries of a folder, the first time that it is met by whatever path. */
  #open(folder: string): Dirent[] {
    if (this.left <= 0) return [];
    try {
      const path = realpathSync(folder);
      if (this.#seen.has(path)) return [];
      this.#seen.add(path);
      this.left--;
      return readdirSync(path, { withFileTypes: true });
    } catch {
      return [];
    }
  }
}
