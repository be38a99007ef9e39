// A revocation that never answers is an outage.

import { spawnSync } from "node:child_process";
import { type SessionConfig, type SessionRevocation, createRevocations, unsealSession, useSession } from "ironkeep/h3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { type Seen, sessionRoutes } from "./_routes.ts";
import { makeSeal } from "./_seals.ts";

const STORED = { id: "s1", createdAt: Date.UTC(2026, 0, 15), data: { a: 1 }, userId: "u1", authenticatedAt: 1 };

const never = (): Promise<never> => new Promise(() => undefined);

const SILENT: Record<string, SessionRevocation> = {
  notBefore: { notBefore: never },
  isRevoked: { notBefore: () => undefined, isRevoked: never },
  "isRevoked, of another library": {
    notBefore: () => undefined,
    // oxlint-disable-next-line unicorn/no-thenable -- the promise of a library that has its own
    isRevoked: () => ({ then: () => undefined }) as unknown as Promise<boolean>,
  },
};

describeMatrix("a revocation that never answers", (t, { it: test, expect: expected }) => {
  for (const [method, revocation] of Object.entries(SILENT)) {
    test(`${method}: a 503 with Retry-After, and nobody is signed out`, async () => {
      sessionRoutes(t, { password: PASSWORD, revocation, revocationTimeout: 0.02 });
      for (const path of ["/use", "/get", "/set"]) {
        const browser = t.browser();
        browser.jar.set("h3", await makeSeal(STORED, PASSWORD, { generation: t.major }));
        const reply = await browser.request(path);
        expected([reply.status, reply.headers.get("retry-after"), reply.setCookies]).toEqual([503, "1", []]);
        expected(t.errors.at(-1)).toHaveProperty("code", "ERR_STORE_UNAVAILABLE");
      }
    });
  }

  test("revokeSession: destroy is a 503, and the session goes on", async () => {
    const revocation = { notBefore: () => undefined, revokeSession: never };
    const config = { password: PASSWORD, revocation, revocationTimeout: 0.02 };
    sessionRoutes(t, config);
    t.route("/destroy", async (event) => (await useSession(event, config)).destroy());
    const browser = t.browser();
    browser.jar.set("h3", await makeSeal(STORED, PASSWORD, { generation: t.major }));
    const reply = await browser.request("/destroy");
    expected([reply.status, reply.setCookies]).toEqual([503, []]);
    expected((await browser.request("/get")).json<Seen>().id).toBe("s1");
  });
});

describe("the deadline of a revocation", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function unsealed(more: Partial<SessionConfig>): Promise<{ outcome: unknown }> {
    const watched: { outcome: unknown } = { outcome: "pending" };
    const token = await makeSeal(STORED, PASSWORD, { generation: 1 });
    const opening = unsealSession(null, { password: PASSWORD, generation: 1, ...more }, token);
    void opening.then(
      ({ id }) => (watched.outcome = id),
      (error: unknown) => (watched.outcome = (error as { code?: unknown }).code),
    );
    await vi.advanceTimersByTimeAsync(0);
    return watched;
  }

  it("is a second, for all methods together", async () => {
    const slow = (): Promise<undefined> => new Promise((resolve) => void setTimeout(resolve, 600));
    const revocation = { notBefore: slow, isRevoked: () => slow().then(() => false) };
    const watched = await unsealed({ revocation });
    await vi.advanceTimersByTimeAsync(999);
    expect(watched.outcome).toBe("pending");
    await vi.advanceTimersByTimeAsync(1);
    expect(watched.outcome).toBe("ERR_STORE_UNAVAILABLE");
  });

  it("is the one of the configuration, and its timer goes with the answer", async () => {
    let answer: (notBefore: undefined) => void = () => undefined;
    const revocation = { notBefore: () => new Promise<undefined>((resolve) => (answer = resolve)) };
    const watched = await unsealed({ revocation, revocationTimeout: 5 });
    await vi.advanceTimersByTimeAsync(4999);
    expect([watched.outcome, vi.getTimerCount()]).toEqual(["pending", 1]);
    answer(undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect([watched.outcome, vi.getTimerCount()]).toEqual(["s1", 0]);
  });

  it("needs no timer for a revocation that answers at once", async () => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    expect((await unsealed({ revocation: createRevocations() })).outcome).toBe("s1");
    expect(timers).not.toHaveBeenCalled();
  });

  it("keeps no process alive", async () => {
    const token = await makeSeal(STORED, PASSWORD, { generation: 1 });
    const script = `
      import { unsealSession } from "ironkeep/h3";
      const revocation = { notBefore: () => new Promise(() => undefined) };
      void unsealSession(null, { password: "${PASSWORD}", revocation, revocationTimeout: 3600 }, "${token}");
      console.log("asked");`;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect([run.status, run.stdout]).toEqual([0, "asked\n"]);
  });

  it("is a positive number of seconds", async () => {
    const timeouts = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e9, "1"] as number[];
    const watched = timeouts.map((revocationTimeout) =>
      unsealed({ revocation: createRevocations(), revocationTimeout }),
    );
    const outcomes = (await Promise.all(watched)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(timeouts.map(() => "ERR_CONFIG"));
  });
});
