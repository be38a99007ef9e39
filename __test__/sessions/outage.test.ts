// What can become of a store's file, as whoever uses the store meets it, and whoever uses sessions: an error with a code that
// says in one line what is wrong, and never that there is no session.

import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as after } from "node:timers/promises";

import { createSessions, type Sessions } from "ironkeep/sessions";
import { createStore, type SessionStore } from "ironkeep/store";
import { describe, expect, it, onTestFinished } from "vitest";

import { canMount, locked, mountSmall, remountReadOnly, sqlite } from "../store/_processes.ts";
import { folder, newKey, record } from "../store/_stores.ts";
import { PASSWORD } from "./_sessions.ts";

const DEADLINE = 10_000;

interface Both {
  readonly path: string;
  readonly store: SessionStore;
  readonly sessions: Sessions;
}

function openAt(path: string): Both {
  const store = createStore({ driver: "sqlite", path, synchronous: "normal", deadline: DEADLINE });
  onTestFinished(() => store.close());
  return { path, store, sessions: createSessions({ store, password: PASSWORD, deadline: DEADLINE }) };
}

/** A file with a session in it, whose id is given, which nobody has open. */
async function made(path = join(folder(), "sessions.db")): Promise<{ path: string; id: string }> {
  await using sessions = createSessions({
    store: createStore({ driver: "sqlite", path }),
    password: PASSWORD,
    deadline: DEADLINE,
  });
  const { id } = await sessions.create({ user: "ann" });
  return { path, id };
}

const now = () => ({ now: Date.now() });

/** What calls failed with. */
interface Failure {
  readonly name: string;
  readonly code: unknown;
  readonly message: string;
}

async function failureOf(name: string, call: Promise<unknown>): Promise<Failure> {
  return call.then(
    () => ({ name, code: "none: it was done", message: "" }),
    (error: unknown) => ({ name, code: (error as { code?: unknown }).code, message: (error as Error).message }),
  );
}

/** Every way to ask, by the store and by sessions, after each other. */
async function failures({ store, sessions }: Both, id: string): Promise<Failure[]> {
  const cookie = await sessions.cookie(id);
  const calls: [string, () => Promise<unknown>][] = [
    ["load", () => store.load(now(), newKey())],
    ["create", () => store.create(now(), newKey(), record("{}"))],
    ["sessions.get", () => sessions.get(id)],
    ["sessions.create", () => sessions.create({ n: 1 })],
    ["sessions.update", () => sessions.update(id, { n: 1 })],
    ["sessions.delete", () => sessions.delete(id)],
    ["sessions.validate", () => sessions.validate(cookie)],
  ];
  const failed: Failure[] = [];
  for (const [name, call] of calls) failed.push(await failureOf(name, call()));
  return failed;
}

const NAMES = [
  "load",
  "create",
  "sessions.get",
  "sessions.create",
  "sessions.update",
  "sessions.delete",
  "sessions.validate",
];

/** What calls of these names have to fail with: in one line. */
const each = (code: string, message: RegExp, names: readonly string[] = NAMES) =>
  names.map((name) => ({ name, code, message: expect.stringMatching(`^.*${message.source}.*$`) as string }));

/** What happens to a file, and what is said of it then. */
const FILES: readonly (readonly [string, (path: string) => unknown, string, RegExp])[] = [
  [
    "that is no database",
    (path) => writeFileSync(path, "none".repeat(1000)),
    "ERR_STORE_CORRUPT",
    /no SQLite database/,
  ],
  // All behind the header, by which a file is known.
  [
    "of which the pages are damaged",
    (path) => writeFileSync(path, readFileSync(path).fill(0xee, 100)),
    "ERR_STORE_CORRUPT",
    /is damaged/,
  ],
  ["that was cut off", (path) => truncateSync(path, 8192), "ERR_STORE_CORRUPT", /is damaged/],
  [
    "of a newer Ironkeep",
    (path) => sqlite(path, "PRAGMA user_version = 999"),
    "ERR_STORE_VERSION",
    /newer Ironkeep .*999/,
  ],
  [
    "of another application",
    async (path) => {
      rmSync(path);
      await sqlite(path, "CREATE TABLE others (n)");
    },
    "ERR_STORE_CORRUPT",
    /another application/,
  ],
  [
    "whose folder is gone",
    (path) => rmSync(dirname(path), { recursive: true }),
    "ERR_STORE_UNAVAILABLE",
    /The folder of the session store .* does not exist/,
  ],
];

describe("the file of a store", () => {
  it.each(FILES)("%s", async (_, happens, code, message) => {
    const { path, id } = await made();
    await happens(path);
    expect(await failures(openAt(path), id)).toEqual(each(code, message));
  });

  it("that another process has locked: reads go on, writes are late, and all is well once it is free", async () => {
    const { path, id } = await made();
    const { store, sessions } = openAt(path);
    await sessions.get(id);
    const unlock = await locked(path);
    const late = await Promise.all([
      failureOf("create", store.create({ ...now(), deadline: 200 }, newKey(), record("{}"))),
      failureOf("sessions.delete", sessions.delete(id, { deadline: 200 })),
      failureOf("sessions.create", sessions.create({}, { deadline: 200 })),
    ]);
    expect(late).toEqual([
      ...each("ERR_STORE_TIMEOUT", /deadline/, ["create", "sessions.delete"]),
      // Of a write that was asked for it is not known whether it will be done.
      ...each("ERR_STORE_UNAVAILABLE", /deadline/, ["sessions.create"]),
    ]);
    expect((await sessions.get(id))?.data).toEqual({ user: "ann" });
    await unlock();
    expect((await sessions.update(id, { n: 1 })).data).toEqual({ user: "ann", n: 1 });
  });
});

/** On Windows a file that is open can be neither removed nor replaced. */
const isRemovable = process.platform !== "win32";

describe.each(isRemovable ? ["open"] : [])("a file (%s) that is there no more", () => {
  const WITHIN_MS = 5000;

  /** Makes calls until one fails, or a file is there again, and gives after how many milliseconds, and the failure. */
  async function noticed(path: string, call: () => Promise<unknown>): Promise<{ ms: number; error: unknown }> {
    const begun = performance.now();
    for (;;) {
      const error: unknown = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const ms = performance.now() - begun;
      if (error !== undefined || existsSync(path) || ms > 4 * WITHIN_MS) return { ms, error };
      await after(20);
    }
  }

  const calls: [string, (both: Both, id: string) => Promise<unknown>][] = [
    ["load", ({ store }) => store.load(now(), newKey())],
    ["touch", ({ store }) => store.touch(now(), newKey())],
    ["sessions.get", ({ sessions }, id) => sessions.get(id)],
    ["sessions.create", ({ sessions }) => sessions.create({})],
  ];

  it.each(calls)("is noticed within 5 s by %s, and then what is there is opened", async (_, call) => {
    const { path, id } = await made();
    const both = openAt(path);
    await both.sessions.update(id, { n: 1 });
    for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`);
    const { ms, error } = await noticed(path, () => call(both, id));
    // Whoever has no connection yet makes a new file, and a session that could not be written is written again there.
    if (error === undefined) expect(existsSync(path)).toBe(true);
    else expect(error).toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect(ms).toBeLessThan(WITHIN_MS);
    // Each connection says so once: those that only read find it out by themselves.
    for (;;) {
      const created = await both.sessions.create({ again: true }).catch(() => undefined);
      if (created === undefined) continue;
      const found = await both.sessions.get(created.id).catch(() => undefined);
      if (found?.data["again"] === true) break;
    }
    expect(existsSync(path)).toBe(true);
  });
});

describe.each(canMount ? ["tmpfs"] : [])("a file system (%s)", () => {
  it("that is read-only", async () => {
    const disk = folder();
    await mountSmall(disk, 1024 * 1024);
    const { path, id } = await made(join(disk, "sessions.db"));
    await remountReadOnly(disk);
    expect(await failures(openAt(path), id)).toEqual(each("ERR_STORE_UNAVAILABLE", /read-only/));
  });

  it("that is full: nothing is written then, what was acknowledged can be read, and space is all that is needed", async () => {
    const disk = folder();
    await mountSmall(disk, 1024 * 1024);
    const path = join(disk, "sessions.db");
    const { store, sessions } = openAt(path);
    const ballast = join(disk, "ballast");
    writeFileSync(ballast, Buffer.alloc(512 * 1024));
    const large = "x".repeat(50_000);
    const written: string[] = [];
    const full: Failure[] = [];
    for (let n = 0; n < 100; n++) {
      const key = newKey();
      const failed = await failureOf("create", store.create(now(), key, record(large)));
      if (failed.message !== "") full.push(failed);
      else written.push(key);
      if (full.length > 0) break;
    }
    full.push(await failureOf("sessions.create", sessions.create({ large })));
    expect(full).toEqual(each("ERR_STORE_UNAVAILABLE", /no space left/, ["create", "sessions.create"]));
    expect(written.length).toBeGreaterThan(2);
    for (const key of written) {
      expect(await store.load(now(), key)).toMatchObject({ outcome: "found", record: { data: large } });
    }
    rmSync(ballast);
    const { id } = await sessions.create({ large });
    expect((await sessions.get(id))?.data).toEqual({ large });
    expect(await sqlite(path, "PRAGMA integrity_check")).toEqual(["ok"]);
  });
});

it.each(canMount ? [] : [process.platform])(
  "(not run on %s without root: file systems that are full or read-only)",
  () => {
    expect(canMount).toBe(false);
  },
);

it.each(isRemovable ? [] : [process.platform])("(not run on %s: a file that is removed while it is open)", () => {
  expect(isRemovable).toBe(false);
});
