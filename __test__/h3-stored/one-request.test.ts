// Random calls of the helpers in one request, which overlap as a seed says: whatever comes of them, the browser has the session
// that the request ended with, and the store no other.

import {
  clearSession,
  destroySession,
  flashSession,
  getSession,
  regenerateSession,
  replaceSession,
  type SessionConfig,
  type SessionEvent,
  touchSession,
  updateSession,
} from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { H3 } from "h3-v2";
import { describe, expect, it } from "vitest";

import { around, seeded } from "../sessions/_sessions.ts";
import { MapStore, PASSWORD } from "./_stores.ts";

// Among these is one that a single wait behind a regeneration does not pass.
const FIRST = 1500;
const ROUNDS = 600;

/** Keys that the store was asked to make a session under. */
class WatchedStore extends MapStore {
  readonly made = new Set<string>();

  override create(...args: Parameters<MapStore["create"]>): ReturnType<MapStore["create"]> {
    this.made.add(args[1]);
    return super.create(...args);
  }

  override regenerate(...args: Parameters<MapStore["regenerate"]>): ReturnType<MapStore["regenerate"]> {
    this.made.add(args[3]);
    return super.regenerate(...args);
  }

  async live(): Promise<number> {
    const loaded = await this.loadMany({ now: Date.now() }, [...this.made]);
    return loaded.filter(({ outcome }) => outcome === "found").length;
  }
}

type Call = (event: SessionEvent, config: SessionConfig, at: number) => Promise<unknown>;

type Share = readonly [share: number, name: string, call: Call];

const UPDATE: Share = [0.3, "update", (event, config, at) => updateSession(event, config, { [`k${at}`]: at })];
const CALLS: readonly Share[] = [
  UPDATE,
  [0.15, "clear", clearSession],
  [0.15, "regenerate", (event, config) => regenerateSession(event, config)],
  [0.05, "sign in ada", (event, config) => regenerateSession(event, config, { userId: "ada" })],
  [0.05, "sign in bob", (event, config) => regenerateSession(event, config, { userId: "bob" })],
  [0.1, "get", getSession],
  [0.05, "flash", (event, config, at) => flashSession(event, config, "note", at)],
  [0.05, "replace", (event, config, at) => replaceSession(event, config, { replaced: at })],
  [0.05, "touch", touchSession],
  [0.05, "destroy", destroySession],
];

/** What is wrong after one request, with what was called; empty: nothing. */
async function round(seed: number): Promise<string[]> {
  const random = seeded(seed);
  const pass = async () => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await new Promise(setImmediate);
  };
  const kept = new WatchedStore();
  const store = around(kept, async (_, run) => {
    await pass();
    const result = await run();
    await pass();
    return result;
  });
  const config: SessionConfig = { password: PASSWORD, store, deadline: 20_000 };
  const called: string[] = [];
  const one = (event: SessionEvent, at: number): Promise<void> => {
    let dice = random();
    const [, name, call] = CALLS.find(([share]) => (dice -= share) < 0) ?? UPDATE;
    called.push(name);
    return call(event, config, at).then(
      () => undefined,
      (error: { code?: string }) => void called.push(`${name} failed: ${error.code ?? "without a code"}`),
    );
  };
  const app = new H3()
    .get("/start", async (event) => (await updateSession(event, config, { a: 1 })).id)
    .get("/", async (event) => {
      const running: Promise<void>[] = [];
      for (let at = 2 + Math.floor(random() * 5); at > 0; at--) {
        running.push(one(event, at));
        await (random() < 0.4 ? running.at(-1) : pass());
      }
      await Promise.all(running);
      const { id, userId, data } = await getSession(event, config);
      return { id, userId, data };
    });
  const cookieOf = (reply: Response): string | undefined => {
    const [line = ""] = reply.headers.getSetCookie();
    return /^h3=([^;]*)/.exec(line)?.[1];
  };
  const before = random() < 0.7 ? cookieOf(await app.request("/start")) : "";
  const reply = await app.request("/", { headers: { cookie: `h3=${before}` } });
  const ended = (await reply.json()) as { id: string; userId?: string; data: object };
  const cookie = cookieOf(reply) ?? before;
  const session = cookie
    ? await createSessions({ store: kept, password: PASSWORD }).get(cookie.split(".")[1] ?? "")
    : undefined;
  const has = session && { id: session.id, userId: session.userId, data: session.data };
  const seen = { id: ended.id || undefined, userId: ended.userId, data: ended.data };
  const wrong = called.filter((each) => each.includes("failed") && !each.endsWith("ERR_SESSION_NOT_FOUND"));
  if (JSON.stringify(has ?? { data: {} }) !== JSON.stringify(seen)) wrong.push("the browser has another session");
  if ((await kept.live()) !== (has ? 1 : 0)) wrong.push("the store has a session that nobody has");
  return wrong.map((each) => `${each} (seed ${seed}: ${called.join(", ")})`);
}

describe("random calls in one request", () => {
  it("leave the browser and the store with what the request ended with", { timeout: 120_000 }, async () => {
    const found: string[] = [];
    for (let seed = FIRST; seed < FIRST + ROUNDS; seed++) found.push(...(await round(seed)));
    expect(found).toEqual([]);
  });
});
