import {
  clientAddress,
  defineRateLimit,
  defineSessionRateLimit,
  rateLimitError,
  sealSession,
  type SessionConfig,
  useRateLimit,
  useSession,
} from "ironkeep/h3";
import * as h3v2 from "h3-v2";
import { describe, expect, it } from "vitest";
import { connect, handshake, type Hooks, listen, MAJORS } from "../h3/_sockets.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { MapStore, PASSWORD as STRONG } from "../h3-stored/_stores.ts";
import { freshName, limiterAt, PROXY } from "./_limits.ts";

/** The token of a session that ada has. */
async function tokenOf(config: SessionConfig): Promise<string> {
  const event = h3v2.mockEvent("/");
  const session = await useSession(event, config);
  await session.regenerate({ userId: "ada" });
  return sealSession(event, config);
}

const KINDS: Readonly<Record<string, SessionConfig>> = {
  sealed: { password: PASSWORD },
  stored: { password: STRONG, store: new MapStore() },
};

async function opened(url: string, headers: Record<string, string>) {
  const client = await connect(url, headers);
  await new Promise<void>((resolve) => client.addEventListener("open" as "error", () => resolve()));
  return client;
}

for (const [major, optionsFor] of Object.entries(MAJORS)) {
  describe(`messages of a WebSocket under h3 ${major}`, () => {
    it("are counted by the address of the connection, over all of its sockets", async () => {
      const { limiter } = limiterAt({ messages: "3/1m" });
      const hooks: Hooks = {
        open: () => undefined,
        message: async (peer) => {
          const { allowed, remaining, retryAfter } = await useRateLimit(peer, { limiter });
          peer.send(JSON.stringify({ allowed, remaining, retryAfter, address: clientAddress(peer) }));
        },
      };
      const url = await listen(optionsFor(hooks));
      const [one, other] = [await opened(url, {}), await opened(url, {})];
      const answers = [];
      for (const client of [one, other, one, other]) {
        client.send("x");
        answers.push(await client.next());
      }
      const address = "127.0.0.1";
      expect(answers).toEqual([
        { allowed: true, remaining: 2, retryAfter: 0, address },
        { allowed: true, remaining: 1, retryAfter: 0, address },
        { allowed: true, remaining: 0, retryAfter: 0, address },
        { allowed: false, remaining: 0, retryAfter: 20, address },
      ]);
      one.close();
      other.close();
    });

    it("are counted by what a proxy said of the client in the handshake", async () => {
      const { limiter } = limiterAt({ messages: "1/1m" });
      const limit = defineRateLimit({ limiter, address: PROXY });
      const hooks: Hooks = {
        open: () => undefined,
        message: async (peer) => peer.send(JSON.stringify((await useRateLimit(peer, limit)).allowed)),
      };
      const url = await listen(optionsFor(hooks));
      const answers = [];
      for (const address of ["1.1.1.1", "6.6.6.6, 1.1.1.1", "2.2.2.2"]) {
        const client = await opened(url, { "x-forwarded-for": address });
        client.send("x");
        answers.push(await client.next());
        client.close();
      }
      expect(answers).toEqual([true, false, true]);
    });

    for (const [kind, config] of Object.entries(KINDS)) {
      it(`are counted by user and by ${kind} session, whatever their number of sockets`, async () => {
        const { limiter } = limiterAt({ user: "5/1m", session: "2/1m" });
        const limits = { user: { by: "user" }, session: { by: "session" } } as const;
        const hooks: Hooks = {
          open: () => undefined,
          message: async (peer) => {
            const { allowed, policy } = await useRateLimit(peer, { limiter, limits, session: config });
            peer.send(JSON.stringify(`${allowed} ${policy}`));
          },
        };
        const url = await listen(optionsFor(hooks));
        const tokens = [await tokenOf(config), await tokenOf(config), await tokenOf(config)];
        const answers = [];
        for (const token of tokens) {
          const clients = [await opened(url, { cookie: `h3=${token}` }), await opened(url, { cookie: `h3=${token}` })];
          for (const client of [...clients, ...clients]) {
            client.send("x");
            answers.push(await client.next());
            if (answers.length % 4 === 3) break;
          }
          for (const client of clients) client.close();
        }
        expect(answers.slice(0, 3)).toEqual(["true session", "true session", "false session"]);
        expect(answers.at(-1)).toBe("false user");
      });

      it(`spend the tokens of a ${kind} session by the same limit as its requests`, async () => {
        const { limiter } = limiterAt({ session: "2/1m" });
        const limit = defineSessionRateLimit({ session: config, limiter });
        const hooks: Hooks = {
          open: () => undefined,
          message: async (peer) => {
            const result = await limit.check(peer);
            peer.send(JSON.stringify(result.allowed ? result.session.tokens.consumed : result.code));
          },
        };
        const url = await listen(optionsFor(hooks));
        const client = await opened(url, { cookie: `h3=${await tokenOf(config)}` });
        const answers = [];
        for (let n = 0; n < 3; n++) {
          client.send("x");
          answers.push(await client.next());
        }
        expect(answers).toEqual([1, 2, "RATE_LIMIT_EXCEEDED"]);
        const stranger = await opened(url, { cookie: "h3=forged" });
        stranger.send("x");
        expect(await stranger.next()).toBe("INVALID_SESSION");
        client.close();
        stranger.close();
      });
    }

    it("a handshake that is too many ends with 429", async () => {
      const limit = defineRateLimit({ name: freshName(), quota: "1/1h", address: PROXY });
      const hooks: Hooks = {
        async upgrade(request) {
          const decision = await useRateLimit(request as never, limit);
          if (!decision.allowed) throw rateLimitError(request as never, decision);
        },
        open: () => undefined,
        message: () => undefined,
      };
      const url = await listen(optionsFor(hooks));
      expect(await handshake(url, { "x-forwarded-for": "1.1.1.1" })).toBe(101);
      expect(await handshake(url, { "x-forwarded-for": "1.1.1.1" })).toBe(429);
      expect(await handshake(url, { "x-forwarded-for": "2.2.2.2" })).toBe(101);
    });
  });
}
