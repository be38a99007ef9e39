// Snapshots of a store in memory: when they are written, by whom, and what is said when they are not.

import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";

import { createStore, type MemoryStoreOptions } from "ironkeep/store";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";

import { startScript } from "./_processes.ts";
import { codeOf, folder, newKey, record } from "./_stores.ts";

const SCRIPT = join(import.meta.dirname, "children/snapshots.mjs");
/** Far over what anything here takes on a busy machine, and what it is looked for. */
const PATIENCE = { timeout: 20_000, interval: 10 };
const SOON = "0.02";
const MINUTE = 60_000;

const file = () => join(folder(), "sessions");
const now = () => ({ now: Date.now() });
const isIn = (path: string, key: string) =>
  existsSync(path) && readFileSync(path).includes(Buffer.from(key, "base64url"));

/** A store that is closed when the test ends. */
function open(snapshot: string, more: Partial<MemoryStoreOptions> = {}) {
  const store = createStore({ driver: "memory", snapshot, ...more });
  onTestFinished(async () => void (await codeOf(store.close())));
  return store;
}

describe("a process", () => {
  it("that is killed leaves what was there at the last snapshot", async () => {
    const path = file();
    const keys: string[] = [];
    const child = startScript(SCRIPT, [path, SOON, "stay"], (key) => keys.push(key));
    for (let written = 1; written <= 3; written++) {
      await vi.waitFor(() => expect(isIn(path, keys[written - 1] ?? "none")).toBe(true), PATIENCE);
      if (written < 3) child.say("");
    }
    child.kill();
    expect(await child.ended).toMatchObject({ signal: "SIGKILL", stderr: "" });
    const found = await open(path).loadMany(now(), keys);
    expect(found.map(({ outcome }) => outcome)).toEqual(["found", "found", "found"]);
  });

  it("ends by itself with an open store, however soon its next snapshot is", async () => {
    for (const interval of [SOON, "60"]) {
      const child = startScript(SCRIPT, [file(), interval], () => {});
      expect(await child.ended).toEqual({ code: 0, signal: null, stderr: "" });
    }
  });
});

describe("a snapshot", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  it("is written each minute where something changed, by a timer that is gone with the store", async () => {
    const path = file();
    const store = open(path);
    const key = newKey();
    await store.create(now(), key, record("{}"));
    vi.advanceTimersByTime(MINUTE - 1);
    expect(existsSync(path)).toBe(false);
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(isIn(path, key)).toBe(true), PATIENCE);
    expect(vi.getTimerCount()).toBe(1);
    await store.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is written at the end alone where that is asked for", async () => {
    const path = file();
    const store = open(path, { snapshotInterval: 0 });
    expect(vi.getTimerCount()).toBe(0);
    const key = newKey();
    await store.create(now(), key, record("{}"));
    await store.close();
    expect(isIn(path, key)).toBe(true);
  });

  it("that fails is a warning, the next one is tried, and closing says what its own came to", async () => {
    const path = file();
    const store = open(path);
    const warnings: string[] = [];
    const hear = ({ message }: Error) => void warnings.push(message);
    process.on("warning", hear);
    onTestFinished(() => void process.off("warning", hear));
    const [first, second] = [newKey(), newKey()];
    await store.create(now(), first, record("{}"));
    // Its draft has no place.
    mkdirSync(`${path}.tmp`);
    const failed = () => {
      vi.advanceTimersByTime(MINUTE);
      expect(warnings).toEqual([expect.stringContaining(`The snapshot ${path} cannot be written`)]);
    };
    await vi.waitFor(failed, PATIENCE);
    expect(await store.load(now(), first)).toMatchObject({ outcome: "found" });
    rmdirSync(`${path}.tmp`);
    const written = () => {
      vi.advanceTimersByTime(MINUTE);
      expect(isIn(path, first)).toBe(true);
    };
    await vi.waitFor(written, PATIENCE);
    await store.create(now(), second, record("{}"));
    mkdirSync(`${path}.tmp`);
    await expect(store.close()).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining(path) as string,
    });
    rmdirSync(`${path}.tmp`);
    await store.close();
    expect(isIn(path, second)).toBe(true);
  });
});

describe("the file of a store", () => {
  it("has to have a folder", () => {
    const make = () => open(join(file(), "sessions"));
    const message = expect.stringContaining("does not exist: make it first") as string;
    expect(make).toThrow(expect.objectContaining({ code: "ERR_STORE_UNAVAILABLE", message }));
  });

  it("is no other store's of the process until that is closed, however it is written", async () => {
    const path = file();
    const store = open(path);
    const again = join(dirname(path), "..", basename(dirname(path)), basename(path));
    for (const taken of [path, `${dirname(path)}/./${basename(path)}`, again]) {
      const message = expect.stringContaining("close that one first") as string;
      expect(() => open(taken)).toThrow(expect.objectContaining({ code: "ERR_CONFIG", message }));
    }
    open(`${path}.other`);
    await store.close();
    open(path);
  });

  it("is free again when the thread ends whose store it was", async () => {
    const path = file();
    const worker = new Worker(SCRIPT, { argv: [path, SOON, "stay"], stdin: true, stdout: true });
    onTestFinished(async () => void (await worker.terminate()));
    const [line] = (await once(worker.stdout.setEncoding("utf8"), "data")) as [string];
    const key = line.trim();
    expect(() => open(path)).toThrow(expect.objectContaining({ code: "ERR_CONFIG" }));
    await vi.waitFor(() => expect(isIn(path, key)).toBe(true), PATIENCE);
    await worker.terminate();
    // A snapshot that is under way then is written to its end.
    const store = await vi.waitFor(() => open(path), PATIENCE);
    expect(await store.load(now(), key)).toMatchObject({ outcome: "found" });
  });
});
