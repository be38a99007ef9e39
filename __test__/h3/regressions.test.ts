import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { createApp, eventHandler, toNodeListener } from "h3-v1";
import { H3 } from "h3-v2";
import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";
import { afterEach, describe, expect, it, vi } from "vitest";

import { OLD_PASSWORD, PASSWORD } from "./_passwords.ts";
import { makeSeal } from "./_seals.ts";

const stored = { id: "s1", createdAt: 1_700_000_000_000, data: { user: "ada" } };

describe("a read where no cookie can be set any more", () => {
  it("gives the session, though its token should be sealed anew", async () => {
    const password = [PASSWORD, OLD_PASSWORD] as const;
    const handler = eventHandler(async (event) => {
      event.node.res.writeHead(200);
      event.node.res.write("user: ");
      const session = await getSession(event, { password });
      event.node.res.end(String(session.data["user"]));
    });
    const server = createServer(toNodeListener(createApp().use(handler))).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const cookie = `h3=${await makeSeal(stored, OLD_PASSWORD, { generation: 1 })}`;
    const { port } = server.address() as AddressInfo;
    const reply = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } });
    expect(await reply.text()).toBe("user: ada");
    server.close();
  });
});

describe("sessions whose names begin alike", () => {
  it("a session called like another one's chunk keeps its cookie", async () => {
    const app = new H3().get("/", async (event) => {
      await updateSession(event, { password: PASSWORD, name: "app.1" }, { a: 1 });
      await updateSession(event, { password: PASSWORD, name: "app" }, { b: 2 });
    });
    const reply = await app.request("/");
    const names = reply.headers.getSetCookie().map((cookie) => cookie.split("=")[0]);
    expect(names).toEqual(["app.1", "app"]);
  });

  it("chunks that one update set go when the next needs fewer", async () => {
    const app = new H3().get("/", async (event) => {
      const session = await useSession(event, { password: PASSWORD });
      await session.update({ long: "x".repeat(9000) });
      await session.update({ long: "" });
    });
    const names = (await app.request("/")).headers.getSetCookie().map((cookie) => cookie.split("=")[0]);
    expect(names).toEqual(["h3"]);
  });
});

describe("an id that cannot be made", () => {
  it("leaves no session without an id behind", async () => {
    let calls = 0;
    const config: SessionConfig = {
      password: PASSWORD,
      generateId: () => {
        calls += 1;
        if (calls === 1) throw new Error("no ids today");
        return "made";
      },
    };
    const app = new H3().get("/", async (event) => {
      await expect(useSession(event, config)).rejects.toThrow("no ids today");
      return { id: (await useSession(event, config)).id };
    });
    expect(await (await app.request("/")).json()).toEqual({ id: "made" });
  });
});

describe("a WebSocket that lives longer than its session", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("sees the session end", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: stored.createdAt });
    const cookie = `h3=${await makeSeal(stored, PASSWORD, { generation: 2 })}`;
    const peer = { request: { headers: new Headers({ cookie }) }, context: {} };
    const config: SessionConfig = { password: PASSWORD, maxAge: 60 };
    expect((await useSession(peer, config)).data).toEqual({ user: "ada" });
    vi.setSystemTime(stored.createdAt + 61_000);
    const after = await useSession(peer, config);
    expect(after.data).toEqual({});
    expect(after.id).not.toBe("s1");
  });
});
