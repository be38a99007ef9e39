/**
 * Loads the addon. CommonJS, so that a missing binary can be caught and named where bundlers and tracers still see a plain
 * `require`. The error is exported and thrown by the importer: on Node 20 a CommonJS module that throws under an `import`
 * ends the process, even when the import is caught.
 */

const PACKAGE_OF: Readonly<Record<string, string>> = {
  "linux-x64-gnu": "ironkeep-linux-x64-gnu",
  "linux-arm64-gnu": "ironkeep-linux-arm64-gnu",
  "linux-x64-musl": "ironkeep-linux-x64-musl",
  "linux-arm64-musl": "ironkeep-linux-arm64-musl",
  "darwin-x64": "ironkeep-darwin-x64",
  "darwin-arm64": "ironkeep-darwin-arm64",
  "win32-x64": "ironkeep-win32-x64-msvc",
  "win32-arm64": "ironkeep-win32-arm64-msvc",
};

function platform(): string {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return base;
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return `${base}-${report?.header?.glibcVersionRuntime ? "gnu" : "musl"}`;
}

function missing(cause: unknown): Error {
  const name = platform();
  const { version } = require("../../package.json") as { version: string };
  const binary = PACKAGE_OF[name];
  const advice = binary
    ? `The package ${binary} is not installed or does not load here. Install it with: npm install ${binary}@${version}` +
      " (a lockfile made on another platform, or --omit=optional, leaves it out)"
    : `There is no binary for this platform. There are: ${Object.keys(PACKAGE_OF).join(", ")}`;
  const error = new Error(`Ironkeep's native binary for ${name} is missing. ${advice}`, { cause });
  return Object.assign(error, { code: "ERR_NATIVE_MISSING" });
}

function load(): { binding: unknown } | { error: Error } {
  try {
    return { binding: require("../../index.cjs") };
  } catch (error) {
    return { error: missing(error) };
  }
}

const loaded = load();

export = loaded;
