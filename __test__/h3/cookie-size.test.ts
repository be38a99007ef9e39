import type { SessionConfig } from "ironkeep/h3";
import { replaceSession, updateSession } from "ironkeep/h3";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { randomText } from "./_text.ts";
import { captureWarnings } from "./_warnings.ts";

const config: SessionConfig = { password: PASSWORD };

/** A browser that holds a session, and a route that writes a text of that length. */
async function browserWith(t: MatrixContext, maxCookieBytes?: number): Promise<Browser & { id: string }> {
  const routes = sessionRoutes(t, config);
  routes.update = { small: true };
  t.route("/write/**", async (event) => {
    const text = randomText(
      Number(
        String(event.path ?? "")
          .split("/")
          .pop(),
      ),
    );
    await updateSession(event, { ...config, maxCookieBytes }, { text });
    return "written";
  });
  const browser = t.browser();
  const { id = "" } = (await browser.request("/set")).json<Seen>();
  return { ...browser, id };
}

describeMatrix("maxCookieBytes", (t, { it, expect }) => {
  for (const length of [100, 7000]) {
    it(`takes just what the cookies take of a Cookie header, for a text of ${length} characters`, async () => {
      const probe = await browserWith(t);
      await probe.request(`/write/${length}`);
      const bytes = probe.jar.header()?.length ?? 0;
      expect(bytes).toBeGreaterThan(length);
      for (const [limit, isTaken] of [
        [bytes, true],
        [bytes - 1, false],
      ] as const) {
        const path = `/limit-${length}-${limit}`;
        t.route(path, async (event) => {
          const data = { small: true, text: randomText(length) };
          const writing = replaceSession(event, { ...config, maxCookieBytes: limit }, data);
          return writing.then(
            () => "written",
            (error: { code: string; status: number; message: string }) =>
              `${error.code} ${error.status} ${error.message}`,
          );
        });
        const browser = t.browser();
        await browser.request("/set");
        const reply = await browser.request(path);
        const refusal =
          `ERR_COOKIE_TOO_LARGE 500 The session "h3" would take ${bytes} bytes of a Cookie header, over maxCookieBytes ` +
          `(${limit}): keep less in the session`;
        expect(reply.text).toBe(isTaken ? "written" : refusal);
        if (isTaken) expect(browser.jar.header()).toHaveLength(bytes);
        else expect(reply.setCookies).toEqual([]);
      }
    });
  }

  it("over it: an error before anything is sent, and the old cookie stays good", async () => {
    const browser = await browserWith(t, 2000);
    const reply = await browser.request("/write/3000");
    expect(reply.status).toBe(500);
    expect(reply.setCookies).toEqual([]);
    expect(t.isHttpError(t.errors[0])).toBe(true);
    expect((await browser.request("/get")).json<Seen>()).toEqual({ id: browser.id, data: { small: true } });
  });

  it("without it a session is refused only when its cookies are too many, or its token too long to be read", async () => {
    captureWarnings();
    const browser = await browserWith(t);
    expect((await browser.request("/write/30000")).text).toBe("written");
    const refused = await browser.request("/write/60000");
    expect(refused.status).toBe(500);
    expect(refused.setCookies).toEqual([]);
    const [error] = t.errors;
    // h3 wraps what is no error of its own.
    const cause: unknown = error?.cause ?? error;
    expect(cause).toHaveProperty("code", "ERR_COOKIE_TOO_LARGE");
    expect(cause).toHaveProperty("message", expect.stringMatching(/\d{5} characters long, over the limit of 65536/));
  });

  for (const maxCookieBytes of [0, -1, Number.NaN, "4096"]) {
    it(`${String(maxCookieBytes)} is ERR_CONFIG, not no limit`, async () => {
      t.route("/", async (event) => {
        const writing = updateSession(event, { ...config, maxCookieBytes: maxCookieBytes as number }, { a: 1 });
        await expect(writing).rejects.toMatchObject({ code: "ERR_CONFIG" });
        return "ok";
      });
      expect((await t.request("/")).text).toBe("ok");
    });
  }
});
