import { regenerateSession, type SessionConfig, updateSession, useSession } from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { vi } from "vitest";
import { describeMatrix } from "../h3/_matrix.ts";
import { read, setup, visitor } from "./_routes.ts";
import { MapStore, PASSWORD } from "./_stores.ts";

/** The table of docs/stored-sessions.md, but for the outages. */
describeMatrix("what a request is answered with that the store refuses", (t, { it, expect }) => {
  const expectRefused = async (path: string, status: number, more?: Partial<SessionConfig>) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { store, config } = setup(t, more, new MapStore({ dataLimit: 1000 }));
    const sessions = createSessions({ store, password: PASSWORD });
    t.route("/conflict", async (event) => {
      const session = await useSession(event, config);
      await sessions.update(session.id ?? "", { theirs: 1 });
      return (await session.update({ mine: 1 })).data;
    });
    t.route("/too-large", (event) => updateSession(event, config, { text: "x".repeat(2000) }));
    t.route("/revoked", async (event) => {
      await regenerateSession(event, config, { userId: "ada" });
      const { id } = await useSession(event, config);
      vi.setSystemTime(Date.now() + 1000);
      await sessions.revoke("ada", { except: id });
      return regenerateSession(event, config);
    });
    const browser = await visitor(t);
    const reply = await browser.request(path);
    expect([reply.status, reply.text.includes("visits")]).toEqual([status, false]);
    return { browser, reply };
  };

  it("409 for a conflict, when it is to throw: the other's write stays", async () => {
    const { browser, reply } = await expectRefused("/conflict", 409, { onConflict: "throw" });
    expect(reply.setCookies).toEqual([]);
    expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1, theirs: 1 } });
  });

  it("413 for more data than the store takes: nothing is written", async () => {
    const { browser, reply } = await expectRefused("/too-large", 413);
    expect(reply.setCookies).toEqual([]);
    expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1 } });
  });

  it("401 for a new id of a sign-in that is older than its revocation: the session stays", async () => {
    const { browser } = await expectRefused("/revoked", 401);
    expect(await read(browser)).toMatchObject({ userId: "ada" });
  });
});
