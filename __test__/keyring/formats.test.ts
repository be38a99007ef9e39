// The formats that a session with a ring writes and reads.

import { createKeyring } from "ironkeep";
import { type SessionConfig, unsealSession, updateSession, useSession } from "ironkeep/h3";
import { vi } from "vitest";

import { describeMatrix, type MatrixContext } from "../h3/_matrix.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { type Seen, seen, sessionRoutes } from "../h3/_routes.ts";
import { key, outcomeOf } from "./_rings.ts";

const HOUR = 3_600_000;

/** What a visitor with a cookie sees under a configuration, by a route of its own. */
async function visit(t: MatrixContext, config: SessionConfig, cookie?: string) {
  const path = `/visit-${++visits}`;
  t.route(path, async (event) => seen(await useSession(event, config)));
  const headers = cookie === undefined ? {} : { cookie };
  const reply = await t.request(path, { headers });
  return { status: reply.status, ...reply.json<Seen>(), written: reply.cookies.map(({ value }) => value) };
}
let visits = 0;

/** Signs in, and gives the session and its token. */
async function signIn(t: MatrixContext, config: SessionConfig): Promise<{ session: Seen; token: string }> {
  const path = `/sign-in-${++visits}`;
  t.route(path, async (event) => seen(await updateSession(event, config, { user: "ada" })));
  const reply = await t.request(path);
  return { session: reply.json<Seen>(), token: reply.cookie(config.name ?? "h3").value };
}

const ringed = (more: Partial<SessionConfig> = {}): SessionConfig => ({
  password: createKeyring([key("k1")]),
  ...more,
});
const IK1 = { format: "ik1" } as const;

describeMatrix("ik1", (t, { it, expect }) => {
  it("is written where it is asked for, and read back", async () => {
    const config = ringed({ seal: IK1 });
    sessionRoutes(t, config).update = { user: "ada" };
    const browser = t.browser();
    const created = await browser.request("/use");
    const set = await browser.request("/set");
    for (const reply of [created, set]) expect(reply.cookie("h3").value).toMatch(/^ik1\.k1\.[\w-]+$/);
    const read = await browser.request("/use");
    expect([read.json<Seen>(), read.setCookies]).toEqual([set.json<Seen>(), []]);
    expect(read.json<Seen>().data).toEqual({ user: "ada" });
  });

  it("binds the audience", async () => {
    const config = ringed({ seal: IK1, audience: "shop" });
    const { session, token } = await signIn(t, config);
    expect(await visit(t, config, `h3=${token}`)).toMatchObject({ ...session, written: [] });
    for (const audience of ["admin", "", undefined, "shop ", "Shop"]) {
      const other = await visit(t, { ...config, audience }, `h3=${token}`);
      expect([audience, other.status, other.data]).toEqual([audience, 200, {}]);
      expect(other.id).not.toBe(session.id);
      expect(await outcomeOf(unsealSession(null, { ...config, audience }, token))).toBe("ERR_SEAL_INVALID");
    }
  });

  it("binds the session's name", async () => {
    const config = ringed({ seal: IK1, name: "a" });
    const { session, token } = await signIn(t, config);
    expect(await visit(t, config, `a=${token}`)).toMatchObject({ ...session, written: [] });
    const other = await visit(t, { ...config, name: "b" }, `b=${token}`);
    expect([other.status, other.data]).toEqual([200, {}]);
    expect(other.id).not.toBe(session.id);
  });

  it("does not read Fe26.2 by itself", async () => {
    const config = ringed();
    const { session, token } = await signIn(t, config);
    expect(token).toMatch(/^Fe26\.2\*k1\*/);
    const other = await visit(t, { ...config, seal: IK1 }, `h3=${token}`);
    expect([other.status, other.data]).toEqual([200, {}]);
    expect(other.id).not.toBe(session.id);
  });

  for (const [title, toInstant] of [
    ["a number", (at: number) => at],
    ["a Date", (at: number) => new Date(at)],
  ] as const) {
    it(`reads Fe26.2 until acceptIronUntil, ${title}, and seals it again as ik1`, async () => {
      vi.useFakeTimers({ toFake: ["Date"] });
      const until = Date.now() + HOUR;
      const iron = ringed();
      const config: SessionConfig = { ...iron, seal: { ...IK1, acceptIronUntil: toInstant(until) } };
      const { session, token } = await signIn(t, iron);
      vi.setSystemTime(until - 1000);
      const before = await visit(t, config, `h3=${token}`);
      expect(before).toMatchObject({ ...session, written: [expect.stringMatching(/^ik1\.k1\./)] });

      vi.setSystemTime(until + 1000);
      expect(await visit(t, config, `h3=${before.written[0]}`)).toMatchObject({ ...session, written: [] });
      const after = await visit(t, config, `h3=${token}`);
      expect([after.status, after.data]).toEqual([200, {}]);
      expect(after.id).not.toBe(session.id);
      expect(await outcomeOf(unsealSession(null, config, token))).toBe("ERR_SEAL_INVALID");
    });
  }

  it("is read by a configuration that writes Fe26.2, and sealed again so", async () => {
    const config = ringed({ seal: IK1 });
    const { session, token } = await signIn(t, config);
    for (const seal of [undefined, { format: "iron" } as const]) {
      const back = await visit(t, { ...config, seal }, `h3=${token}`);
      expect(back).toMatchObject({ ...session, written: [expect.stringMatching(/^Fe26\.2\*k1\*/)] });
      // Whose audience is another does not read it either.
      expect((await visit(t, { ...config, seal, audience: "other" }, `h3=${token}`)).data).toEqual({});
    }
  });

  it("ends after its ttl, and with a negative one at once", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const config = ringed({ seal: { ...IK1, ttl: HOUR } });
    const { session, token } = await signIn(t, config);
    expect(await visit(t, config, `h3=${token}`)).toMatchObject(session);
    vi.setSystemTime(Date.now() + HOUR + 6000);
    expect((await visit(t, config, `h3=${token}`)).data).toEqual({});
    expect(await outcomeOf(unsealSession(null, config, token))).toBe("ERR_SEAL_EXPIRED");

    const over: SessionConfig = { ...config, seal: { ...IK1, ttl: -HOUR } };
    const born = await signIn(t, over);
    expect((await visit(t, over, `h3=${born.token}`)).data).toEqual({});
    expect(await outcomeOf(unsealSession(null, over, born.token))).toBe("ERR_SEAL_EXPIRED");
  });
});

describeMatrix("a format that cannot work", (t, { it, expect }) => {
  const refused: Record<string, SessionConfig> = {
    "an unknown format": ringed({ seal: { format: "ik2" as never } }),
    "no text": ringed({ seal: { format: 1 as never } }),
    "ik1 with a password": { password: PASSWORD, seal: IK1 },
    "ik1 with two passwords": { password: [PASSWORD, String(key("k1").secret)], seal: IK1 },
    "acceptIronUntil NaN": ringed({ seal: { ...IK1, acceptIronUntil: Number.NaN } }),
    "acceptIronUntil as an invalid Date": ringed({ seal: { ...IK1, acceptIronUntil: new Date("soon") } }),
    "acceptIronUntil as a word": ringed({ seal: { ...IK1, acceptIronUntil: "soon" as never } }),
    "a lone surrogate in the audience": ringed({ seal: IK1, audience: "shop \uD800" }),
    "half of a pair in the audience": ringed({ seal: IK1, audience: "\uDE00\uD83D" }),
    "an audience that is no text": ringed({ seal: IK1, audience: 5 as never }),
  };
  for (const [title, config] of Object.entries(refused)) {
    it(`${title}: ERR_CONFIG`, async () => {
      const errors: Error[] = [];
      t.route("/refused", async (event) => {
        await useSession(event, config).catch((error: Error) => errors.push(error));
        return "caught";
      });
      const reply = await t.request("/refused");
      expect(errors).toEqual([expect.objectContaining({ code: "ERR_CONFIG" })]);
      expect(errors[0]?.message).not.toContain(PASSWORD);
      expect(reply.setCookies).toEqual([]);
    });
  }

  it("a pair of surrogates in the audience is text", async () => {
    const config = ringed({ seal: IK1, audience: "shop \u{1F600}" });
    const { session, token } = await signIn(t, config);
    expect(await visit(t, config, `h3=${token}`)).toMatchObject(session);
  });
});
