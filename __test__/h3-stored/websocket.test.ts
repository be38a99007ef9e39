import { createSessions } from "ironkeep/sessions";
import { csrfToken, flashSession, getSession, type SessionConfig, updateSession, useSession } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { connect, type Hooks, listen, MAJORS } from "../h3/_sockets.ts";
import { WRITES } from "../h3/_writes.ts";
import { faulty, MapStore, PASSWORD } from "./_stores.ts";

/** A stored session, and what a WebSocket hook is given that came with its cookie. */
async function socket(data: object | undefined = { user: "ada" }) {
  const store = faulty(new MapStore());
  const config: SessionConfig = { password: PASSWORD, store };
  const sessions = createSessions({ password: PASSWORD, store });
  const { id } = await sessions.create(data);
  const headers = new Headers({ cookie: `h3=${await sessions.cookie(id)}`, upgrade: "websocket" });
  return { store, config, sessions, id, headers, peer: { request: { headers }, context: {} } };
}

const stranger = () => ({ request: { headers: new Headers({ upgrade: "websocket" }) }, context: {} });

describe("a stored session in a WebSocket hook", () => {
  it("is read as the store has it now", async () => {
    const { config, sessions, id, peer } = await socket();
    const session = await useSession(peer, config);
    expect([session.id, session.data]).toEqual([id, { user: "ada" }]);
    await sessions.update(id, { user: "bob" });
    expect((await getSession(peer, config)).data).toEqual({ user: "bob" });
    expect(session.data).toEqual({ user: "bob" });
    await sessions.delete(id);
    expect((await getSession(peer, config)).data).toEqual({});
    expect(session.id).toBeUndefined();
  });

  it("can be written, and what others write meanwhile is kept", async () => {
    const { config, sessions, id, peer } = await socket();
    const session = await useSession(peer, config);
    await sessions.update(id, { theirs: 1 });
    await Promise.all([session.update({ a: 1 }), session.update({ b: 2 }), updateSession(peer, config, { c: 3 })]);
    expect(session.data).toEqual({ user: "ada", theirs: 1, a: 1, b: 2, c: 3 });
    await session.replace({ only: true });
    expect((await sessions.get(id))?.data).toEqual({ only: true });
    await session.flash("note", "hi");
    expect(await flashSession(peer, config, "note")).toBe("hi");
    expect(await flashSession(peer, config, "note")).toBeUndefined();
  });

  it("gives each write what that write made", async () => {
    const { config, peer } = await socket({ n: 0 });
    const add = () => updateSession(peer, config, ({ n }) => ({ n: Number(n) + 1 }));
    const made = await Promise.all(Array.from({ length: 5 }, add));
    expect(made.map(({ data }) => Number(data["n"])).every((n) => n >= 1)).toBe(true);
    expect((await getSession(peer, config)).data).toEqual({ n: 5 });
  });

  it("ends there too, and the hook has none any more", async () => {
    const { config, sessions, id, peer } = await socket();
    const session = await useSession(peer, config);
    await session.destroy();
    expect(await sessions.get(id)).toBeUndefined();
    expect((await getSession(peer, config)).data).toEqual({});
    await expect(session.update({ a: 1 })).rejects.toMatchObject({ code: "ERR_READ_ONLY" });
  });

  it("is ERR_READ_ONLY for what needs a cookie: a new id", async () => {
    const { store, config, sessions, id, peer } = await socket();
    const session = await useSession(peer, config);
    await expect(session.regenerate({ userId: "eve" })).rejects.toMatchObject({ code: "ERR_READ_ONLY" });
    expect((await sessions.get(id))?.userId).toBeUndefined();
    store.calls.length = 0;
    const creating = Object.entries(WRITES).filter(([verb]) => /^(update|replace|regenerate)|with a value/.test(verb));
    expect(creating).toHaveLength(10);
    for (const [, write] of creating) {
      await expect(write(stranger(), config)).rejects.toMatchObject({ code: "ERR_READ_ONLY" });
    }
    for (let times = 0; times < 2; times++) {
      await expect(csrfToken(stranger(), config)).rejects.toMatchObject({ code: "ERR_READ_ONLY" });
    }
    expect(store.calls).toEqual([]);
  });

  it("is read by an upgrade request and by the event of h3 2 as well", async () => {
    const { config, id, headers } = await socket();
    const shapes = [
      { headers, context: {} },
      { req: new Request("http://localhost/_ws", { headers }), context: {} },
    ];
    for (const shape of shapes) expect((await useSession(shape, config)).id).toBe(id);
  });

  for (const [major, optionsFor] of Object.entries(MAJORS)) {
    it(`counts messages on a real socket of h3 ${major}`, async () => {
      const { config, sessions, id, headers } = await socket({});
      const hooks: Hooks = {
        open: () => undefined,
        message: async (peer) => {
          const session = await useSession(peer, config);
          await session.update(({ n = 0 }) => ({ n: Number(n) + 1 }));
          peer.send(JSON.stringify(session.data));
        },
      };
      const client = await connect(await listen(optionsFor(hooks)), { cookie: headers.get("cookie") ?? "" });
      await new Promise<void>((resolve) => client.addEventListener("open" as "error", () => resolve()));
      client.send("x");
      expect(await client.next()).toEqual({ n: 1 });
      await sessions.update(id, { n: 41 });
      client.send("x");
      expect(await client.next()).toEqual({ n: 42 });
      client.close();
    });
  }
});
