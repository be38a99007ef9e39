import { randomBytes } from "node:crypto";
import type { SessionConfig } from "ironkeep/h3";
import { getSession, unsealSession, useSession } from "ironkeep/h3";
import type { Reply } from "./_http.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";

const config: SessionConfig = { password: PASSWORD, generation: 2 };

/** More than may be derived and queued at once, on any machine. */
const FLOOD = 64 + 256;

/** In form a token of generation 2, with salts that nobody has seen: only a derivation can refuse it. */
function forged(): string {
  const salt = (): string => randomBytes(32).toString("hex");
  const text = (length: number): string => randomBytes(length).toString("base64url");
  return ["Fe26.2", "", salt(), text(16), text(96), "", salt(), text(32)].join("*");
}

describeMatrix("when too many unknown tokens wait for their keys", (t, { it, expect }) => {
  /** Starts the flood, runs `work` under it, and lets it end. Gives the codes of the flood. */
  async function flooded(work: () => Promise<void>): Promise<Set<unknown>> {
    const flood = Array.from({ length: FLOOD }, () =>
      unsealSession(null, config, forged()).then(
        () => "accepted",
        (error: { code?: string }) => error.code,
      ),
    );
    await work();
    return new Set(await Promise.all(flood));
  }

  it("a call beyond the queue is refused as busy, never as a bad token", async () => {
    const codes = await flooded(async () => {});
    expect([...codes].toSorted()).toEqual(["ERR_BUSY", "ERR_SEAL_INVALID"]);
  });

  /** A slot may come free just before the call that looks for one, so this asks until a call was refused. */
  async function untilRefused(path: string, wasRefused: () => boolean): Promise<Reply> {
    for (let tries = 0; tries < 20; tries += 1) {
      const reply = await t.request(path, { headers: { cookie: `h3=${forged()}` } });
      if (wasRefused()) return reply;
    }
    throw new Error("never refused as busy");
  }

  for (const [name, read] of [
    ["useSession", useSession],
    ["getSession", getSession],
  ] as const) {
    it(`${name} is a 503 with Retry-After and without Set-Cookie`, async () => {
      let busy: unknown;
      t.route("/busy", async (event) => {
        busy = undefined;
        await flooded(async () => {
          await read(event, config).catch((error: unknown) => (busy = error));
        });
        if (busy === undefined) return "a slot was free";
        throw busy;
      });
      const reply = await untilRefused("/busy", () => busy !== undefined);
      expect(reply.status).toBe(503);
      expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(reply.setCookies).toEqual([]);
      expect(t.errors[0]).toHaveProperty("code", "ERR_BUSY");
    });
  }

  it("a session of our own is read meanwhile", async () => {
    const routes = sessionRoutes(t, config);
    routes.update = { user: "ada" };
    t.route("/honest", async (event) => {
      const answers: Seen[] = [];
      await flooded(async () => void answers.push(seen(await useSession(event, config))));
      return answers[0];
    });
    const browser = t.browser();
    const set = await browser.request("/set");
    const reply = await browser.request("/honest");
    expect(reply.json<Seen>()).toEqual(set.json<Seen>());
    expect(reply.setCookies).toEqual([]);
  });

  it("the next call after it is served as ever", async () => {
    let refused = false;
    t.route("/after", async (event) => {
      refused = false;
      await flooded(async () => {
        await getSession(event, config).catch(() => (refused = true));
      });
      return seen(await useSession(event, config));
    });
    const reply = await untilRefused("/after", () => refused);
    const next = reply.json<Seen>();
    expect(next.data).toEqual({});
    expect(next.id).toMatch(/./);
    expect(reply.cookieNames()).toEqual(["h3"]);
  });
});
