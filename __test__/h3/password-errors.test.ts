import type { SessionConfig } from "ironkeep/h3";
import { getSession, unsealSession, updateSession, useSession } from "ironkeep/h3";
import { vi } from "vitest";
import type { MatrixContext, MatrixEvent } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { OTHER_PASSWORD, PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { isSealedBy, makeSeal } from "./_seals.ts";

const SHORT = "k8Qz-short-Wv3";
const TOO_SHORT = "Password string too short (min 32 characters required)";

interface Refusal {
  message?: string;
  code?: string;
  httpError?: boolean;
}

/** Calls the package in a handler that catches, and answers what it caught. */
async function refusalOf(
  t: MatrixContext,
  call: (event: MatrixEvent) => Promise<unknown>,
  headers: Record<string, string> = {},
): Promise<Refusal> {
  t.route("/refused", async (event) => {
    try {
      await call(event);
      return {};
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      return { message, code, httpError: t.isHttpError(error) };
    }
  });
  return (await t.request("/refused", { headers })).json<Refusal>();
}

describeMatrix("a password that cannot be used", (t, { it, expect }) => {
  it("too short: the handler gets a rejection with h3's text", async () => {
    const refusal = await refusalOf(t, (event) => useSession(event, { password: SHORT }));
    expect(refusal.message).toBe(TOO_SHORT);
  });

  it("too short: not caught, it is a 500 without a cookie", async () => {
    sessionRoutes(t, { password: SHORT });
    const reply = await t.request("/use");
    expect(reply.status).toBe(500);
    expect(reply.setCookies).toEqual([]);
    expect(reply.text).not.toContain(SHORT);
  });

  it("getSession of an anonymous request never looks at it, as in h3", async () => {
    const refusal = await refusalOf(t, (event) => getSession(event, { password: SHORT }));
    expect(refusal).toEqual({});
  });

  it("getSession with a cookie under it is a session in memory, as in h3", async () => {
    const sealed = await makeSeal({ id: "s1", createdAt: 1, data: {} }, PASSWORD);
    const headers = { cookie: `h3=${sealed}` };
    expect(await refusalOf(t, (event) => getSession(event, { password: SHORT }), headers)).toEqual({});
  });

  it("bytes: too few are refused with h3's text", async () => {
    const password = new Uint8Array(31).fill(7);
    const refusal = await refusalOf(t, (event) => updateSession(event, { password }));
    expect(refusal.message).toBe("Key buffer (password) too small");
  });

  it("no message, response or log carries a password", async () => {
    sessionRoutes(t, { password: SHORT });
    t.route("/unseal", async (event) => {
      const sealed = await makeSeal({ id: "s1" }, PASSWORD);
      return unsealSession(event, { password: OTHER_PASSWORD }, sealed);
    });
    const replies = [await t.request("/use"), await t.request("/set"), await t.request("/unseal")];
    expect(replies.map(({ status }) => status)).toEqual([500, 500, 500]);
    expect(t.errors).toHaveLength(3);
    const everything = [
      ...replies.map(({ text }) => text),
      ...t.errors.flatMap((error) => [error.message, error.stack ?? "", String(error.cause)]),
      ...t.logged,
    ].join("\n");
    for (const secret of [SHORT, PASSWORD, OTHER_PASSWORD]) expect(everything).not.toContain(secret);
  });
});

describeMatrix("no password in the config", (t, { it, expect }) => {
  it("neither there nor in the environment: the error says what to do", async () => {
    vi.stubEnv("NUXT_SESSION_PASSWORD", undefined);
    vi.stubEnv("SESSION_PASSWORD", undefined);
    const refusal = await refusalOf(t, (event) => useSession(event, {}));
    expect(refusal.message).toContain("NUXT_SESSION_PASSWORD");
    expect(refusal.message).toContain("SESSION_PASSWORD");
    expect(refusal.message).toMatch(/password/);
    expect(refusal.code).toBe("ERR_CONFIG");
  });

  it("an empty variable is no password", async () => {
    vi.stubEnv("NUXT_SESSION_PASSWORD", "");
    vi.stubEnv("SESSION_PASSWORD", "");
    const refusal = await refusalOf(t, (event) => updateSession(event, {}, { a: 1 }));
    expect(refusal.message).toContain("NUXT_SESSION_PASSWORD");
  });

  const environments: Record<string, { env: Record<string, string>; used: string }> = {
    NUXT_SESSION_PASSWORD: { env: { NUXT_SESSION_PASSWORD: PASSWORD }, used: PASSWORD },
    SESSION_PASSWORD: { env: { SESSION_PASSWORD: OTHER_PASSWORD }, used: OTHER_PASSWORD },
    "NUXT_SESSION_PASSWORD before SESSION_PASSWORD": {
      env: { NUXT_SESSION_PASSWORD: PASSWORD, SESSION_PASSWORD: OTHER_PASSWORD },
      used: PASSWORD,
    },
  };
  for (const [title, { env, used }] of Object.entries(environments)) {
    it(`${title} is taken`, async () => {
      vi.stubEnv("NUXT_SESSION_PASSWORD", undefined);
      vi.stubEnv("SESSION_PASSWORD", undefined);
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
      const routes = sessionRoutes(t, {});
      routes.update = { a: 1 };
      const browser = t.browser();
      const set = await browser.request("/set");
      const read = await browser.request("/use");
      expect(await isSealedBy(set.cookie("h3").value, used)).toBe(true);
      expect(read.json<Seen>()).toEqual(set.json<Seen>());
    });
  }

  it("a password in the config wins over the environment", async () => {
    vi.stubEnv("NUXT_SESSION_PASSWORD", OTHER_PASSWORD);
    sessionRoutes(t, { password: PASSWORD } satisfies SessionConfig);
    const reply = await t.request("/use");
    expect(await isSealedBy(reply.cookie("h3").value, PASSWORD)).toBe(true);
  });
});
