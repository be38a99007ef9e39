import { describe, expect, it } from "vitest";

import { type Announcement, SessionView } from "../../js/nuxt/runtime/app/session-view.ts";
import type { UserSession } from "../../js/nuxt/index.ts";

const ADA: UserSession = { user: { name: "Ada" } as object };
const BOB: UserSession = { user: { name: "Bob" } as object };
const NOBODY: UserSession = {};

/** A server whose answers come when the test says. */
class Server {
  shown: UserSession;
  readonly announced: Announcement[] = [];
  readonly reads: PromiseWithResolvers<UserSession>[] = [];
  readonly ends: PromiseWithResolvers<void>[] = [];
  readonly view: SessionView;

  constructor(shown: UserSession) {
    this.shown = shown;
    this.view = new SessionView({
      read: () => this.#asked(this.reads),
      end: () => this.#asked(this.ends),
      show: (session) => (this.shown = session),
      shown: () => this.shown,
      announce: (message) => this.announced.push(message),
    });
  }

  /** Answers the read that came as number `index`. */
  async answer(index: number, session: UserSession): Promise<void> {
    this.reads[index]?.resolve(session);
    await settled();
  }

  #asked<T>(calls: PromiseWithResolvers<T>[]): Promise<T> {
    const call = withResolvers<T>();
    calls.push(call);
    return call.promise;
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: Error): void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  const made = {} as { resolve: (value: T) => void; reject: (reason: Error) => void };
  const promise = new Promise<T>((resolve, reject) => Object.assign(made, { resolve, reject }));
  return { promise, ...made };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the state that other tabs hear", () => {
  it.each<[string, UserSession, string]>([
    ["somebody", ADA, "signed-in"],
    ["nobody", NOBODY, "signed-out"],
    ["a user that an app has set to null", { user: null } as unknown as UserSession, "signed-out"],
  ])("of %s", (_name, shown, state) => {
    expect(new Server(shown).view.state).toBe(state);
  });
});

describe("fetch", () => {
  it("shows what the server has, and tells the other tabs that it changed", async () => {
    const server = new Server(NOBODY);
    const fetched = server.view.fetch();
    await server.answer(0, ADA);
    await fetched;
    expect(server.shown).toEqual(ADA);
    expect(server.announced).toEqual(["changed"]);
  });

  it("tells nobody what is as it was", async () => {
    const server = new Server(ADA);
    const fetched = server.view.fetch();
    await server.answer(0, structuredClone(ADA));
    await fetched;
    expect(server.announced).toEqual([]);
  });

  it("tells that one user took the place of another", async () => {
    const server = new Server(ADA);
    const fetched = server.view.fetch();
    await server.answer(0, BOB);
    await fetched;
    expect(server.announced).toEqual(["changed"]);
  });

  it("rejects in an outage, which signs nobody out", async () => {
    const server = new Server(ADA);
    const fetched = server.view.fetch();
    server.reads[0]?.reject(new Error("503"));
    await expect(fetched).rejects.toThrow("503");
    expect(server.shown).toEqual(ADA);
    expect(server.announced).toEqual([]);
  });

  it("shows its result before it is fulfilled, also when a later read is under way", async () => {
    const server = new Server(NOBODY);
    const fetched = server.view.fetch();
    void server.view.refresh();
    await server.answer(0, ADA);
    await fetched;
    expect(server.shown).toEqual(ADA);
  });

  it("begins anew where an earlier read is under way, whose answer is not shown over the later one's", async () => {
    const server = new Server(NOBODY);
    void server.view.refresh();
    const fetched = server.view.fetch();
    expect(server.reads).toHaveLength(2);
    await server.answer(1, ADA);
    await fetched;
    await server.answer(0, NOBODY);
    expect(server.shown).toEqual(ADA);
  });
});

describe("refresh", () => {
  it("is one read for all who want one meanwhile", async () => {
    const server = new Server(ADA);
    const both = [server.view.refresh(), server.view.refresh()];
    expect(server.reads).toHaveLength(1);
    await server.answer(0, ADA);
    await Promise.all(both);
    void server.view.refresh();
    expect(server.reads).toHaveLength(2);
  });

  it("changes nothing in an outage, and is tried again the next time", async () => {
    const server = new Server(ADA);
    const refreshed = server.view.refresh();
    server.reads[0]?.reject(new Error("503"));
    await refreshed;
    expect(server.shown).toEqual(ADA);
    void server.view.refresh();
    expect(server.reads).toHaveLength(2);
  });

  it("tells the others what became of the session, and not that it changed, which all would say on", async () => {
    const server = new Server(ADA);
    const refreshed = server.view.refresh();
    await server.answer(0, NOBODY);
    await refreshed;
    expect(server.announced).toEqual(["signed-out"]);
  });
});

describe("clear", () => {
  it("shows nobody once the session has ended, and tells the others", async () => {
    const server = new Server(ADA);
    const cleared = server.view.clear();
    expect(server.shown).toEqual(ADA);
    server.ends[0]?.resolve();
    await cleared;
    expect(server.shown).toEqual(NOBODY);
    expect(server.announced).toEqual(["changed"]);
  });

  it("rejects when the session could not be ended, and nobody is shown as signed out who is not", async () => {
    const server = new Server(ADA);
    const cleared = server.view.clear();
    server.ends[0]?.reject(new Error("503"));
    await expect(cleared).rejects.toThrow("503");
    expect(server.shown).toEqual(ADA);
    expect(server.announced).toEqual([]);
  });

  it.each([["before"], ["meanwhile"]])("is not undone by a read that began %s", async (when) => {
    const server = new Server(ADA);
    if (when === "before") void server.view.refresh();
    const cleared = server.view.clear();
    if (when === "meanwhile") void server.view.refresh();
    server.ends[0]?.resolve();
    await cleared;
    await server.answer(0, ADA);
    expect(server.shown).toEqual(NOBODY);
  });
});

describe("what another tab says", () => {
  it.each<[Announcement, UserSession, number]>([
    ["changed", ADA, 1],
    ["changed", NOBODY, 1],
    ["signed-in", ADA, 0],
    ["signed-in", NOBODY, 1],
    ["signed-out", NOBODY, 0],
    ["signed-out", ADA, 1],
  ])("%s, where %j is shown, makes %i reads", (message, shown, reads) => {
    const server = new Server(shown);
    server.view.heard(message);
    expect(server.reads).toHaveLength(reads);
  });

  it("is looked at anew where a read is under way, which may have begun before", async () => {
    const server = new Server(ADA);
    void server.view.refresh();
    server.view.heard("changed");
    await server.answer(1, BOB);
    await server.answer(0, ADA);
    expect(server.shown).toEqual(BOB);
  });

  it("comes to an end among many tabs, and all show the same", async () => {
    let current = ADA;
    const tabs: SessionView[] = [];
    const shown: UserSession[] = Array.from({ length: 5 }, () => ADA);
    let reads = 0;
    for (const tab of shown.keys()) {
      tabs.push(
        new SessionView({
          read: async () => (reads++, current),
          end: async () => {
            current = NOBODY;
          },
          show: (session) => (shown[tab] = session),
          shown: () => shown[tab] ?? NOBODY,
          announce: (message) => {
            for (const [other, view] of tabs.entries()) if (other !== tab) setImmediate(() => view.heard(message));
          },
        }),
      );
    }
    await tabs[0]?.clear();
    for (let turn = 0; turn < 20; turn++) await settled();
    expect(shown).toEqual(shown.map(() => NOBODY));
    // One for each of the others.
    expect(reads).toBe(4);
  });
});
