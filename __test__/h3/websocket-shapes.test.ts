import type { SessionConfig } from "ironkeep/h3";
import {
  clearSession,
  createRevocations,
  csrfToken,
  getSession,
  sealSession,
  unsealSession,
  updateSession,
  useSession,
} from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { PASSWORD } from "./_passwords.ts";
import { seen } from "./_routes.ts";
import type { Generation } from "./_seals.ts";
import { makeSeal } from "./_seals.ts";
import { randomText } from "./_text.ts";
import { WRITES } from "./_writes.ts";

const config: SessionConfig = { password: PASSWORD };
const DATA = { user: "ada" };

interface Context {
  sessions?: Record<string, { id: string; createdAt: number; data: Record<string, unknown> }>;
}

/** What a WebSocket hook is given, on either major and with either release line of crossws. */
const SHAPES = {
  "peer { request, context }": (headers: Headers, context: Context) => ({
    request: { headers },
    context,
  }),
  "upgrade request { headers, context }": (headers: Headers, context: Context) => ({
    headers,
    context,
  }),
  "{ req, context } of h3 2": (headers: Headers, context: Context) => ({
    req: new Request("http://localhost/_ws", { headers }),
    context,
  }),
} as const;

/** What every handshake carries, and nothing else does. */
const HANDSHAKE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

function handshake(headers: Record<string, string> = {}): Headers {
  return new Headers({ ...HANDSHAKE, ...headers });
}

async function cookieHeaders(generation: Generation, data: object = DATA): Promise<Headers> {
  const payload = { id: "s1", createdAt: Date.now(), data };
  return handshake({ cookie: `h3=${await makeSeal(payload, PASSWORD, { generation })}` });
}

const READ_ONLY = { code: "ERR_READ_ONLY" };

for (const [shape, make] of Object.entries(SHAPES)) {
  describe(`a session in a WebSocket hook: ${shape}`, () => {
    for (const generation of [1, 2] as const) {
      it(`is read from a cookie of generation ${generation}`, async () => {
        const peer = make(await cookieHeaders(generation), {});
        expect(seen(await useSession(peer, config))).toEqual({ id: "s1", data: DATA });
        expect((await getSession(peer, config)).id).toBe("s1");
      });
    }

    it("is read from chunked cookies", async () => {
      const data = { text: randomText(4000) };
      const whole = (await cookieHeaders(1, data)).get("cookie")?.slice("h3=".length) ?? "";
      const [first, second] = [whole.slice(0, 4000), whole.slice(4000)];
      const headers = handshake({ cookie: `h3=__chunked__2; h3.1=${first}; h3.2=${second}` });
      expect((await useSession(make(headers, {}), config)).data).toEqual(data);
    });

    it("is read from the session header", async () => {
      const payload = { id: "in-header", createdAt: Date.now(), data: DATA };
      const headers = handshake({ "x-h3-session": await makeSeal(payload, PASSWORD) });
      expect((await useSession(make(headers, {}), config)).id).toBe("in-header");
    });

    it("is empty for an anonymous peer, and is no error", async () => {
      for (const headers of [handshake(), handshake({ cookie: "h3=junk" })]) {
        const session = await useSession(make(headers, {}), config);
        expect(session.data).toEqual({});
      }
    });

    it("has no CSRF token while no cookie holds it, however often it was asked for", async () => {
      const peer = make(handshake(), {});
      await useSession(peer, config);
      await useSession(peer, config);
      await expect(csrfToken(peer, config)).rejects.toMatchObject(READ_ONLY);
    });

    it("is the same session in every hook that shares the context", async () => {
      const context: Context = {};
      const headers = await cookieHeaders(1);
      const opened = await useSession(make(headers, context), config);
      const message = await useSession(make(headers, context), config);
      expect(message.id).toBe(opened.id);
      expect(message.data).toEqual(DATA);
    });

    it("cannot be written: every write is ERR_READ_ONLY and changes nothing", async () => {
      const peer = make(await cookieHeaders(1), {});
      const session = await useSession(peer, config);
      await expect((async () => session.update({ a: 1 }))()).rejects.toMatchObject(READ_ONLY);
      await expect((async () => session.update(() => ({ a: 1 })))()).rejects.toMatchObject(READ_ONLY);
      await expect((async () => session.clear())()).rejects.toMatchObject(READ_ONLY);
      await expect((async () => updateSession(peer, config, { a: 1 }))()).rejects.toMatchObject(READ_ONLY);
      await expect((async () => clearSession(peer, config))()).rejects.toMatchObject(READ_ONLY);
      expect(seen(session)).toEqual({ id: "s1", data: DATA });
    });

    for (const [name, write] of Object.entries(WRITES)) {
      it(`${name} is ERR_READ_ONLY and changes nothing`, async () => {
        const revocation = createRevocations();
        const sliding = { ...config, idleTimeout: 3600, revocation };
        const peer = make(await cookieHeaders(1), {});
        await expect(write(peer, sliding)).rejects.toMatchObject(READ_ONLY);
        expect(seen(await useSession(peer, sliding))).toEqual({ id: "s1", data: DATA });
        expect(revocation.isRevoked("s1")).toBe(false);
      });
    }
  });
}

describe("a bare { req } that is no handshake, as h3 2.0.8 takes it", () => {
  it("is updated in memory, so that a token of it can be sealed", async () => {
    const event = { req: new Request("http://localhost/") };
    const session = await useSession(event, config);
    await session.update({ a: 1 });
    expect(session.data).toEqual({ a: 1 });
    const sealed = await sealSession(event, config);
    expect(await unsealSession(null, config, sealed)).toMatchObject({ id: session.id, data: { a: 1 } });
  });

  it("is cleared in memory", async () => {
    const headers = { cookie: (await cookieHeaders(2)).get("cookie") ?? "" };
    const event = { req: new Request("http://localhost/", { headers }) };
    const session = await useSession(event, config);
    expect(session.id).toBe("s1");
    await session.clear();
    expect(seen(session)).toEqual({ data: {} });
    expect((await getSession(event, config)).data).toEqual({});
  });
});
