import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");

export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

export interface Compile {
  /** The dependency that is installed as "h3", if any. */
  readonly h3?: string;
  /** A file of `fixtures/`, or texts by the names of their files. */
  readonly consumer: string | Readonly<Record<string, string>>;
  /** Other dependencies that the consumer has. */
  readonly packages?: readonly string[];
  readonly moduleResolution: "nodenext" | "bundler";
  readonly exactOptionalPropertyTypes?: boolean;
  readonly lib?: readonly string[];
  /** For what is not about declarations. @default false */
  readonly skipLibCheck?: boolean;
}

/**
 * Compiles a consumer in a project of its own, outside of this one, as a user's would be: strict,
 * with declarations checked, and with nothing installed but what is named.
 */
export async function compile(options: Compile): Promise<Diagnostic[]> {
  const project = mkdtempSync(join(tmpdir(), "ironkeep-types-"));
  try {
    install(project, options.h3, options.packages ?? []);
    const files = copyConsumer(project, options.consumer);
    const { moduleResolution, exactOptionalPropertyTypes = false, skipLibCheck = false } = options;
    const compilerOptions = {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes,
      skipLibCheck,
      noEmit: true,
      target: "es2022",
      lib: options.lib ?? ["es2022", "dom", "dom.iterable"],
      types: ["node"],
      module: moduleResolution === "bundler" ? "esnext" : "nodenext",
      moduleResolution,
      allowImportingTsExtensions: true,
    };
    const tsconfig = { compilerOptions, files };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(tsconfig));
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    return parse(await run(project));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** The consumer's diagnostics, and ours: h3's own declarations have a few of their own. */
export function notOfH3(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ file }) => !/(^|\/)node_modules\/(h3|h3-v[^/]+)\//.test(file));
}

function copyConsumer(project: string, consumer: Compile["consumer"]): string[] {
  if (typeof consumer === "string") {
    cpSync(join(fixtures, consumer), join(project, consumer));
    return [consumer];
  }
  for (const [name, text] of Object.entries(consumer)) writeFileSync(join(project, name), text);
  return Object.keys(consumer);
}

/** Our package is copied, so that nothing near this repository can be resolved from it. */
function install(project: string, h3: string | undefined, packages: readonly string[]): void {
  const modules = join(project, "node_modules");
  const ours = join(modules, "ironkeep");
  mkdirSync(join(modules, "@types"), { recursive: true });
  mkdirSync(ours);
  for (const name of ["package.json", "index.d.ts", "dist"]) {
    cpSync(join(root, name), join(ours, name), { recursive: true });
  }
  const linked = ["@types/node", "undici-types", "cookie-es", ...packages];
  for (const name of linked) symlinkSync(join(root, "node_modules", name), join(modules, name));
  if (h3 !== undefined) symlinkSync(join(root, "node_modules", h3), join(modules, "h3"));
}

/** `tsc` answers 1 or 2 when it has diagnostics; anything else it prints is a failure of its own. */
function run(project: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = [tsc, "-p", project, "--pretty", "false"];
    execFile(process.execPath, args, { cwd: project }, (error, stdout, stderr) => {
      if (error !== null && error.code !== 1 && error.code !== 2) {
        reject(new Error(`${basename(tsc)} failed: ${stderr || stdout || error.message}`));
      } else resolve(stdout);
    });
  });
}

function parse(output: string): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const text of output.split("\n")) {
    if (text === "" || text.startsWith(" ")) continue;
    const match = /^(.+)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(text);
    const [, file = "", line = "0", code = "", message = ""] = match ?? [];
    diagnostics.push(
      match === null ? { file: "", line: 0, code: "", message: text } : { file, line: Number(line), code, message },
    );
  }
  return diagnostics;
}
