// A sign-in, and requests that the same browser sent before it with the old id. Nobody ends signed out.

import { describe, expect, it } from "vitest";

import { around, engine, makeSessions, MapStore, seeded, withoutPauses } from "./_sessions.ts";

const { cookieOf, createSession, newSession, openSession, regenerateSession, saveSession } = engine;
const REQUESTS = 20;

/** A browser: whatever response comes last sets the cookie. */
class Browser {
  cookie: string | undefined;
}

describe("a sign-in that 20 requests with the old id race", () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))("ends signed in (seed %i)", async (seed) => {
    withoutPauses();
    const random = seeded(seed);
    const waiting: (() => void)[] = [];
    const wait = () => new Promise<void>((resolve) => waiting.push(resolve));
    const slow = around(new MapStore(), async (_, run) => {
      await wait();
      const result = await run();
      await wait();
      return result;
    });
    const { stored } = makeSessions({ store: slow });
    const browser = new Browser();
    const codes: unknown[] = [];
    let written = 0;

    /** What the h3 helpers do of it: a cookie is set for a session that has got a new id here, and for nothing else. */
    const request = async (cookie: string | undefined, handle: "read" | "sign in" | "write"): Promise<void> => {
      const session = await openSession(stored, cookie);
      const { id } = session;
      let answered = session;
      try {
        if (handle === "write") {
          await saveSession(stored, session, ({ visits }) => ({ visits: (visits ?? 0) + 1 }));
          written++;
        }
        if (handle === "sign in") answered = await regenerateSession(stored, session, { userId: "ada" });
      } catch (error) {
        return void codes.push((error as { code?: string }).code);
      }
      if (answered.status === "stored" && answered.id !== id) browser.cookie = await cookieOf(stored, answered);
    };

    const run = async (work: Promise<unknown>): Promise<void> => {
      const state = { isDone: false };
      const done = work.finally(() => (state.isDone = true));
      done.catch(() => undefined);
      while (!state.isDone) {
        await new Promise(setImmediate);
        waiting.splice(Math.floor(random() * waiting.length), 1)[0]?.();
      }
      await done;
    };

    await run(
      (async () => {
        const session = newSession();
        await createSession(stored, session);
        browser.cookie = await cookieOf(stored, session);
      })(),
    );
    const { cookie } = browser;
    const late = Array.from({ length: REQUESTS }, (_, at) => request(cookie, at % 2 ? "write" : "read"));
    await run(Promise.all([...late, request(cookie, "sign in")]));

    expect(browser.cookie).not.toBe(cookie);
    let last: Awaited<ReturnType<typeof openSession>> | undefined;
    await run(
      (async () => {
        last = await openSession(stored, browser.cookie);
      })(),
    );
    expect(last).toMatchObject({ status: "stored", userId: "ada" });
    // Each write is in the session, or was refused.
    expect(last?.data["visits"] ?? 0).toBe(written);
    expect(new Set(codes)).toEqual(new Set(codes.length > 0 ? ["ERR_SESSION_NOT_FOUND"] : []));
    expect(written + codes.length).toBe(REQUESTS / 2);
  });
});
