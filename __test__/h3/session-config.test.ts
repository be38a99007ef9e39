import type { SessionConfig } from "ironkeep/h3";
import { useSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";

const password = PASSWORD;

describeMatrix("name, generateId and the mirror on the context", (t, { it, expect }) => {
  it("name is the cookie's name and the key in context.sessions", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, { password, name: "my-app" });
      await session.update({ a: 1 });
      const mirrored = event.context.sessions?.["my-app"];
      return { id: session.id, mirrored: { id: mirrored?.id, data: mirrored?.data } };
    });
    const reply = await t.request("/");
    expect(reply.cookieNames()).toEqual(["my-app"]);
    const { id, mirrored } = reply.json<{ id: string; mirrored: Seen }>();
    expect(mirrored).toEqual({ id, data: { a: 1 } });
  });

  it("the mirror carries createdAt as a number of milliseconds", async () => {
    t.route("/", async (event) => {
      const before = Date.now();
      await useSession(event, { password });
      const createdAt = event.context.sessions?.["h3"]?.createdAt ?? 0;
      return { early: createdAt < before, late: createdAt > Date.now() };
    });
    expect((await t.request("/")).json()).toEqual({ early: false, late: false });
  });

  it("generateId makes the id, and is called with no arguments", async () => {
    const calls: unknown[][] = [];
    const generateId = (...args: unknown[]): string => {
      calls.push(args);
      return `custom-${calls.length}`;
    };
    sessionRoutes(t, { password, generateId });
    const browser = t.browser();
    expect((await browser.request("/use")).json<Seen>().id).toBe("custom-1");
    expect((await browser.request("/use")).json<Seen>().id).toBe("custom-1");
    expect(calls).toEqual([[]]);
  });

  it("a generateId that gives nothing falls back to a random id", async () => {
    const generateId = (() => undefined) as unknown as () => string;
    sessionRoutes(t, { password, generateId });
    expect((await t.request("/use")).json<Seen>().id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("config.crypto.randomUUID makes the id, as in h3", async () => {
    const randomUUID = () => "11111111-2222-4333-8444-555555555555" as const;
    const crypto = { randomUUID } as unknown as Crypto;
    const config: SessionConfig = { password, crypto };
    sessionRoutes(t, config);
    const { id } = (await t.request("/use")).json<Seen>();
    expect(id).toBe("11111111-2222-4333-8444-555555555555");
  });
});
