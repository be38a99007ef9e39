import { parse } from "yaml";

/** A workflow of GitHub Actions, as far as the rules look at it. */
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly environment?: string;
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly strategy?: { readonly matrix: { readonly include?: readonly Readonly<Record<string, string>>[] } };
  readonly steps?: readonly Step[];
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Source {
  readonly text: string;
  readonly workflow: Workflow;
}

/** What the workflows may call. */
export interface Known {
  readonly targets: readonly string[];
  readonly scripts: readonly string[];
  readonly releaseCommands: readonly string[];
}

type Rule = (source: Source, known: Known) => readonly string[];

const jobsOf = ({ workflow }: Source) => Object.entries(workflow.jobs);
const stepsOf = (source: Source) => jobsOf(source).flatMap(([, { steps = [] }]) => steps);
const linesOf = ({ text }: Source) => text.split("\n").map((line) => line.trim());

/** The one job that may publish. */
const PUBLISHES = "publish";

/** Fuzzers and sanitizers need it. */
const NIGHTLY = /^rustup toolchain install nightly\b/;

/** A server that the tests start: npm test installs one as root alone, which nobody is on a runner. */
const SERVER = /^(?:sudo apt-get update && sudo apt-get install --yes --no-install-recommends|brew install) [\w-]+$/;

/** A command that a job may run: an npm script, the toolchain for it, or a server. What is decided is decided in scripts. */
function isPlainCommand(command: string, { scripts, releaseCommands }: Known): boolean {
  if (/^rustup toolchain install (?:stable|nightly)(?: --[a-z]+ [a-z,]+)*$/.test(command)) return true;
  if (command === "npm test" || SERVER.test(command)) return true;
  const [, script = "", releaseCommand] =
    /^npm run ([\w:]+)(?: -- (\w+)(?: "\$TARGET"| --dry-run)?)?$/.exec(command) ?? [];
  if (!scripts.includes(script)) return false;
  return script !== "release" || releaseCommands.includes(releaseCommand ?? "");
}

export const RULES: Readonly<Record<string, Rule>> = {
  "actions are pinned to a commit, with its version": (source) =>
    linesOf(source).filter(
      (line) =>
        /^(?:- )?uses:/.test(line) &&
        !/^(?:- )?uses: (?:[\w-]+\/[\w./-]+@[\da-f]{40} # v\d+\.\d+\.\d+|\.\/\.github\/workflows\/[\w-]+\.yml)$/.test(
          line,
        ),
    ),

  "no trigger runs others' code with our rights": ({ workflow }) =>
    Object.keys(workflow.on).filter((trigger) => /^(?:pull_request_target|workflow_run|issue_comment)$/.test(trigger)),

  "the workflow itself has no permissions": ({ workflow }) =>
    JSON.stringify(workflow.permissions) === "{}" ? [] : [JSON.stringify(workflow.permissions) ?? "the default"],

  "each job reads alone, but for the one that publishes": (source) =>
    jobsOf(source).flatMap(([name, { permissions }]) => {
      const allowed = { contents: "read", ...(name === PUBLISHES && { "id-token": "write" }) };
      return JSON.stringify(permissions) === JSON.stringify(allowed) ? [] : [name];
    }),

  "what publishes waits for the tests, the packages and a person": (source) =>
    jobsOf(source)
      .filter(([name]) => name === PUBLISHES)
      .filter(([, { needs, environment }]) => String(needs) !== "tests,packages" || environment !== "npm")
      .map(([name]) => name),

  "a run replaces the one before it, or waits": ({ workflow }) => (workflow.concurrency === undefined ? ["none"] : []),

  "jobs end": (source) =>
    jobsOf(source)
      .filter(([, job]) => job.uses === undefined && job["timeout-minutes"] === undefined)
      .map(([name]) => name),

  "no token stays in the checkout": (source) =>
    stepsOf(source)
      .filter(
        ({ uses, with: options }) =>
          uses?.startsWith("actions/checkout@") && options?.["persist-credentials"] !== false,
      )
      .map(() => "actions/checkout"),

  "no cache that another job could have filled": (source) =>
    stepsOf(source)
      .filter(
        ({ uses, with: options }) =>
          uses?.startsWith("actions/setup-node@") && options?.["package-manager-cache"] !== false,
      )
      .map(() => "actions/setup-node"),

  "jobs run npm scripts that exist": (source, known) =>
    stepsOf(source).flatMap(({ run }) => (run === undefined || isPlainCommand(run, known) ? [] : [run])),

  "what runs the long suites has installed a nightly Rust before": (source) =>
    jobsOf(source)
      .filter(([, { steps = [] }]) => {
        const commands = steps.map(({ run = "" }) => run);
        const long = commands.findIndex((command) => command.startsWith("npm run test:long"));
        return !commands.slice(0, Math.max(long, 0)).some((command) => NIGHTLY.test(command)) && long >= 0;
      })
      .map(([name]) => name),

  "a matrix of targets has those of package.json": (source, { targets }) =>
    jobsOf(source).flatMap(([name, { strategy }]) => {
      const found = strategy?.matrix.include?.flatMap(({ target }) => target ?? []) ?? [];
      return found.length === 0 || JSON.stringify(found) === JSON.stringify(targets)
        ? []
        : [`${name}: ${found.join(" ")}`];
    }),
};

/** What a workflow breaks, as `rule: where`. */
export function faultsOf(text: string, known: Known): string[] {
  const source = { text, workflow: parse(text) as Workflow };
  return Object.entries(RULES).flatMap(([name, rule]) => rule(source, known).map((found) => `${name}: ${found}`));
}

/** Each action with each commit that it is pinned to. */
export const pinsOf = (text: string) => text.match(/[\w-]+\/[\w./-]+@[\da-f]{40} # \S+/g) ?? [];
