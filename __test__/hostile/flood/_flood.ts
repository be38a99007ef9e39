// One flood: a server on a processor of its own, its visitors and the flood on another.
//
// The server's processor is its event loop's and its derivations' at once, which is the hard case; what the visitors and the
// flood cost is not the server's fault, so they are kept off it.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { plainEnvironment } from "../../_command.ts";
import { othersShare, processors, spent } from "./_machine.ts";

export const FORGED_PER_SECOND = 500;
export const SECONDS = 20;

/** How a visit was answered; `expected` is the user whose cookie it was. */
export interface Answer {
  readonly ms: number;
  readonly status: number;
  readonly retryAfter?: string;
  readonly setsCookie?: boolean;
  readonly body: string;
  readonly expected: string;
}

/** Delays of the event loop in ms. */
export interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Forged {
  readonly sent: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly opened: number;
}

export interface Flood {
  readonly idle: { readonly known: readonly Answer[]; readonly delay: Delay };
  readonly flooded: {
    /** Cookies that the server has read before. */
    readonly known: readonly Answer[];
    /** First seen, of another process of the same day's salts. */
    readonly ours: readonly Answer[];
    /** First seen, made by h3 with salts of their own. */
    readonly h3s: readonly Answer[];
    readonly delay: Delay;
  };
  readonly forged: Forged;
  /** The share of one processor that other processes took, in the worse of both times. */
  readonly others: number;
}

function start(processor: number, script: string, args: readonly (number | string)[], password: string): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return spawn("taskset", ["-c", String(processor), process.execPath, file, ...args.map(String)], {
    env: plainEnvironment({ SESSION_PASSWORD: password }),
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, "exit").then(([code, signal]): never => {
    throw new Error(`A process of the flood ended with ${code ?? signal}`);
  });
  const [message] = (await Promise.race([once(child, "message"), ended])) as [T];
  return message;
}

function ask<T>(child: ChildProcess, message: string | readonly [string, number]): Promise<T> {
  child.send(message as string);
  return answerOf<T>(child);
}

const pidOf = ({ pid }: ChildProcess) => pid ?? Number.NaN;

/** Runs `work` beside `server`'s clock of delays, and gives what it gave, the delays, and what others took meanwhile. */
async function timed<T>(children: readonly ChildProcess[], server: ChildProcess, work: () => Promise<T>) {
  // This process and its parent are the test runner.
  const pids = [...children.map(pidOf), process.pid, process.ppid];
  const before = spent(pids);
  server.send("start");
  const result = await work();
  const delay = await ask<Delay>(server, "stop");
  return { result, delay, others: othersShare(before, spent(pids)) };
}

type Answers<Kind extends string> = Readonly<Record<Kind, readonly Answer[]>>;

export async function flood(): Promise<Flood> {
  const [first, second] = processors();
  if (first === undefined || second === undefined) throw new Error("The flood needs two processors");
  const password = randomBytes(32).toString("base64url");
  const children: ChildProcess[] = [];
  const begin = (processor: number, script: string, ...args: readonly (number | string)[]) => {
    const child = start(processor, script, args, password);
    children.push(child);
    return child;
  };
  try {
    const server = begin(first, "server.mjs");
    const { port } = await answerOf<{ port: number }>(server);
    const visitors = begin(second, "visitors.mjs", port);
    const forger = begin(second, "forger.mjs", port, FORGED_PER_SECOND, SECONDS);
    await ask(visitors, ["warm", SECONDS]);
    await ask(visitors, ["prepare", SECONDS]);
    const idle = await timed(children, server, () => ask<Answers<"known">>(visitors, ["idle", SECONDS]));
    const flooded = await timed(children, server, () =>
      Promise.all([
        ask<Answers<"h3s" | "known" | "ours">>(visitors, ["flooded", SECONDS]),
        ask<Forged>(forger, "start"),
      ]),
    );
    const [answers, forged] = flooded.result;
    return {
      idle: { ...idle.result, delay: idle.delay },
      flooded: { ...answers, delay: flooded.delay },
      forged,
      others: Math.max(idle.others, flooded.others),
    };
  } finally {
    for (const child of children) child.kill();
  }
}
