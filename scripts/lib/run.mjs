import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository. Commands run in it unless told otherwise, whatever folder the caller stands in. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a person should read instead of a stack trace. */
export class Failure extends Error {}

const shown = (command, args) => [command, ...args].join(" ").replaceAll(root, "");

const environment = (extra) => ({ ...process.env, ...extra });

function outcome(command, args, { error, status, signal }) {
  if (error?.code === "ENOENT") throw new Failure(`${command} is not installed.`);
  if (error) throw new Failure(`${shown(command, args)}: ${error.message}`);
  if (status !== 0) throw new Failure(`${shown(command, args)} failed (${signal ?? status})`);
}

/** Runs a command with its output shown, and throws when it fails. */
export function run(command, args, { env, cwd = root, shell = false } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: environment(env),
    shell,
    stdio: "inherit",
  });
  outcome(command, args, result);
}

/** Runs a command and gives its standard output, and throws when it fails. */
export function capture(command, args, { env, shell = false } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: environment(env),
    encoding: "utf8",
    shell,
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "inherit"],
  });
  outcome(command, args, result);
  return result.stdout;
}

/** Runs a command with its output shown, and gives the exit code and the standard output. */
export function observe(command, args, { env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: environment(env),
      stdio: ["inherit", "pipe", "inherit"],
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      process.stdout.write(text);
    });
    child.on("error", (error) => reject(new Failure(`${shown(command, args)}: ${error.message}`)));
    child.on("close", (code) => resolve({ code, stdout }));
  });
}

/** The script behind a bin of an installed package: npx would pick the wrong one of several, or fetch one. */
export function bin(packageName, name = packageName) {
  const folder = join(root, "node_modules", packageName);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof manifest.bin === "string" ? manifest.bin : manifest.bin[name]);
}

/** Runs the body of a script; a Failure is one line, anything else is a bug and keeps its stack. */
export async function main(body) {
  try {
    await body(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Failure ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
