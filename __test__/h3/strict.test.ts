import type { SessionConfig } from "ironkeep/h3";
import { clearSession, getSession, updateSession, useSession } from "ironkeep/h3";
import { FAULTY } from "./_faulty-configs.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { captureWarnings } from "./_warnings.ts";

const password = PASSWORD;

describeMatrix("strict: true", (t, { it, expect }) => {
  for (const [title, [config, says]] of Object.entries(FAULTY)) {
    it(`${title} is ERR_CONFIG at the first read, and no cookie`, async () => {
      const warnings = captureWarnings();
      const strict: SessionConfig = { password, ...config, strict: true };
      t.route("/", async (event) => {
        for (const use of [useSession, getSession, updateSession]) {
          const error = (await use(event, strict).catch((caught: unknown) => caught)) as Error;
          expect(error).toMatchObject({ code: "ERR_CONFIG" });
          expect(error.message).toMatch(says);
          expect(error.message).not.toContain(PASSWORD);
        }
        return "ok";
      });
      const reply = await t.request("/");
      expect(reply.text).toBe("ok");
      expect(reply.setCookies).toEqual([]);
      expect(warnings).toEqual([]);
    });
  }

  it("takes what is right, also with cookie: false", async () => {
    const warnings = captureWarnings();
    const name = "__Host-Http-session";
    t.route("/", async (event) => {
      await useSession(event, { password, strict: true, maxAge: 1e9, idleTimeout: 3600 });
      await useSession(event, { password, strict: true, name, cookie: { sameSite: "strict", partitioned: true } });
      await useSession(event, { password, strict: true, name: "a b", sessionHeader: false, cookie: false });
      await clearSession(event, { name, strict: true });
      return "ok";
    });
    const reply = await t.request("/");
    expect(reply.text).toBe("ok");
    expect(reply.cookieNames()).toEqual(["h3", name]);
    expect(warnings).toEqual([]);
  });
});
