import { execFile } from "node:child_process";

/** Variables of this shell, of CI, of npm and of vitest that would change what a child does: with `CI` srvx stops no server in peace. */
const OURS =
  /^(?:BASE_URL$|CI$|DEV$|IRONKEEP_|MODE$|NAPI_RS_|NITRO_|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|NUXT_|PORT$|PROD$|SESSION_|SSR$|TEST$|VITEST|npm_)/;

/** The addon that is under test, where it is not the one that the build makes: see vitest.config.ts. */
const { IRONKEEP_TEST_ADDON: addon } = process.env;
const underTest = addon === undefined ? {} : { NAPI_RS_NATIVE_LIBRARY_PATH: addon };

/** The environment of a child that is to behave as at a user's. */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const theirs = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)));
  return { ...theirs, ...underTest, ...more };
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end; a failure carries what it printed. */
export function command(file: string, args: readonly string[], { cwd, env }: CommandOptions): Promise<Output> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: plainEnvironment(env), maxBuffer: 64 * 1024 * 1024 };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new Error(`${[file, ...args].join(" ")}\n${error.message}\n${stdout}\n${stderr}`));
    });
  });
}

/** The same for npm, which is a script on Windows. */
export function npm(args: readonly string[], options: CommandOptions): Promise<Output> {
  const quiet = [...args, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
  return process.platform === "win32"
    ? command("cmd", ["/d", "/c", "npm", ...quiet], options)
    : command("npm", quiet, options);
}
