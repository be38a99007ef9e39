import type { SessionConfig } from "ironkeep/h3";
import { checkCsrf, csrfToken, defineCsrfProtection, getSession, updateSession, useSession } from "ironkeep/h3";
import { plainToken } from "../vectors/plain-csrf.mjs";
import { HEADERS, post, reasonOf, request } from "./_csrf-requests.ts";
import { ALLOWED_ORIGIN, BY_HEADERS, BY_TOKEN, headersOf } from "./_csrf-table.ts";
import { cached } from "./_cached.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { OLD_PASSWORD, OTHER_PASSWORD, PASSWORD } from "./_passwords.ts";
import { captureWarnings } from "./_warnings.ts";

const config: SessionConfig = { password: PASSWORD };

/** `/token` gives a token, `/transfer` wants one, `/sign-in` and `/sign-out` do that. What is there may be exchanged. */
function bank(t: MatrixContext, session: SessionConfig = config): { session: SessionConfig } {
  const app = { session };
  t.middleware(async (event) => {
    const { path } = event as { path: string };
    if (path === "/transfer") await checkCsrf(event, { session: app.session, allowedOrigins: [ALLOWED_ORIGIN] });
  });
  t.route("/token", (event) => csrfToken(event, app.session));
  t.route("/transfer", () => "done");
  t.route("/sign-in", async (event) => {
    const manager = await useSession(event, app.session);
    await manager.clear();
    await manager.update({ user: "ada" });
    return csrfToken(event, app.session);
  });
  t.route("/sign-out", async (event) => {
    await (await useSession(event, app.session)).clear();
    return csrfToken(event, app.session);
  });
  return app;
}

async function tokenOf(browser: Browser, path = "/token"): Promise<string> {
  return (await browser.request(path, request("GET", { "sec-fetch-site": "none" }))).text;
}

describeMatrix("a CSRF token", (t, { it, expect }) => {
  /** What a transfer with this token comes to: `done`, or the reason. */
  async function transfer(browser: Browser, token?: string, headers: Record<string, string> = HEADERS.ownFetch) {
    const reply = await browser.request(
      "/transfer",
      post(headers, token === undefined ? {} : { "x-csrf-token": token }),
    );
    return reply.status === 200 ? reply.text : reasonOf(t.errors);
  }

  it("is asked for as docs/csrf.md says", async () => {
    bank(t);
    const browser = t.browser();
    const valid = await tokenOf(browser);
    const invalid = `${valid.slice(0, -1)}${valid.endsWith("A") ? "B" : "A"}`;
    const tokens: Record<string, string | undefined> = { absent: undefined, invalid, valid };
    for (const { token, unsafe } of BY_TOKEN) {
      if (token === "not required") continue;
      for (const cell of BY_HEADERS) {
        const expected = cell.expected === "allowed" ? unsafe : cell.expected;
        const got = await transfer(browser, tokens[token], headersOf(cell));
        expect({ ...cell, token, got }).toEqual({ ...cell, token, got: expected === "allowed" ? "done" : expected });
      }
    }
  });

  it("is good for its session alone, each time another, and as often as wanted", async () => {
    bank(t);
    const [ada, bob] = [t.browser(), t.browser()];
    const [first, second, bobs] = [await tokenOf(ada), await tokenOf(ada), await tokenOf(bob)];
    expect(first).not.toBe(second);
    for (const token of [first, second, first]) expect(await transfer(ada, token)).toBe("done");
    expect(await transfer(bob, bobs)).toBe("done");
    expect(await transfer(bob, first)).toBe("bad-token");
    expect(await transfer(ada, bobs)).toBe("bad-token");
    expect(await transfer(t.browser(), first)).toBe("bad-token");
  });

  it("is not that of a session which begins with the request, whatever its id", async () => {
    bank(t, { password: PASSWORD, generateId: () => "guest" });
    const browser = t.browser();
    const token = await tokenOf(browser);
    expect(await transfer(browser, token)).toBe("done");
    expect(await transfer(t.browser(), token)).toBe("bad-token");
  });

  it("ends with the session's id: after a sign-in, in the other tab, after a sign-out", async () => {
    bank(t);
    const browser = t.browser();
    const inOtherTab = await tokenOf(browser);
    const signedIn = await tokenOf(browser, "/sign-in");
    expect(await transfer(browser, inOtherTab)).toBe("bad-token");
    expect(await transfer(browser, signedIn)).toBe("done");
    expect(await transfer(browser, await tokenOf(browser))).toBe("done");
    const signedOut = await tokenOf(browser, "/sign-out");
    expect(await transfer(browser, signedIn)).toBe("bad-token");
    expect(await transfer(browser, signedOut)).toBe("done");
  });

  it("is the one that the published derivation gives", async () => {
    bank(t, { password: PASSWORD, name: "bank" });
    t.route("/id", async (event) => (await useSession(event, { password: PASSWORD, name: "bank" })).id);
    const browser = t.browser();
    const theirs = await tokenOf(browser);
    const sessionId = (await browser.request("/id")).text;
    const nonceHex = Buffer.from(theirs.slice(2), "base64url").toString("hex").slice(0, 32);
    const made = { secret: { text: PASSWORD }, name: "bank", audience: "", kid: "0", sessionId };
    expect(theirs).toBe(plainToken({ ...made, nonceHex }));
    const ours = plainToken({ ...made, nonceHex: "00".repeat(16) });
    expect(await transfer(browser, ours)).toBe("done");
    expect(await transfer(browser, plainToken({ ...made, name: "other", nonceHex }))).toBe("bad-token");
  });

  it("outlives a rotation for as long as the password is there", async () => {
    const app = bank(t, { password: OLD_PASSWORD });
    const browser = t.browser();
    const old = await tokenOf(browser);
    app.session = { password: [PASSWORD, OLD_PASSWORD] };
    expect(await transfer(browser, old)).toBe("done");
    const current = await tokenOf(browser);
    app.session = { password: PASSWORD };
    expect(await transfer(browser, old)).toBe("bad-token");
    expect(await transfer(browser, current)).toBe("done");
    app.session = { password: OTHER_PASSWORD };
    expect(await transfer(browser, current)).toBe("bad-token");
  });

  it("is named by the id of its password in a map", async () => {
    const app = bank(t, { password: { 1: OLD_PASSWORD } });
    const browser = t.browser();
    const old = await tokenOf(browser);
    app.session = { password: { 1: OLD_PASSWORD, 2: PASSWORD } };
    const current = await tokenOf(browser);
    expect([old.slice(0, 2), current.slice(0, 2)]).toEqual(["1.", "2."]);
    expect(await transfer(browser, old)).toBe("done");
    app.session = { password: { 2: PASSWORD } };
    expect(await transfer(browser, old)).toBe("bad-token");
    expect(await transfer(browser, current)).toBe("done");
  });

  it("is refused in any other form, and never asked of a safe method", async () => {
    bank(t);
    const browser = t.browser();
    const token = await tokenOf(browser);
    const odd = [
      `${token}, ${token}`,
      ` ${token.slice(2)}`,
      "0.",
      ".",
      "undefined",
      "é",
      "x".repeat(5000),
      `${token}=`,
    ];
    for (const each of odd) expect([each, await transfer(browser, each)]).toEqual([each, "bad-token"]);
    expect(await transfer(browser, "")).toBe("no-token");
    expect((await browser.request("/transfer", request("GET", HEADERS.foreignLink))).text).toBe("done");
  });

  it("starts a session that lasts, also a lazy one and one that is new in memory", async () => {
    for (const session of [config, { ...config, lazy: true }, { ...config, name: "read" }]) {
      const path = `/started-${session.name ?? ("lazy" in session ? "lazy" : "plain")}`;
      t.route(path, async (event) => {
        await getSession(event, session);
        return csrfToken(event, session);
      });
      t.route(`${path}/check`, async (event) => {
        await checkCsrf(event, { session });
        return "done";
      });
      const browser = t.browser();
      const opened = await browser.request(path);
      expect(opened.cookieNames()).toEqual([session.name ?? "h3"]);
      const checked = await browser.request(`${path}/check`, post(HEADERS.ownFetch, { "x-csrf-token": opened.text }));
      expect(checked.text).toBe("done");
      const again = await browser.request(path);
      expect(again.cookieNames()).toEqual([]);
      expect(again.headers.get("cache-control")).toBe("no-store");
    }
  });

  it("leaves the app its own Cache-Control", async () => {
    bank(t);
    t.route("/private", async (event) => {
      t.setHeader(event, "cache-control", "private");
      return csrfToken(event, config);
    });
    const browser = t.browser();
    await tokenOf(browser);
    expect((await browser.request("/private")).headers.get("cache-control")).toBe("private");
  });

  it("is not given inside a cache, nor does one begin a session there", async () => {
    captureWarnings();
    t.middleware((event) => getSession(event, config));
    t.route(
      "/cached",
      cached((event) => csrfToken(event, config).then((token) => `token: "${token}"`)),
    );
    const reply = await t.request("/cached");
    expect([reply.text, reply.setCookies]).toEqual(['token: ""', []]);
  });

  it("needs a strong password", async () => {
    captureWarnings();
    const weak = { password: "a-password-of-at-least-32-characters" };
    t.route("/weak", async (event) => {
      const error: unknown = await csrfToken(event, weak).catch((reason: unknown) => reason);
      return { code: Reflect.get(Object(error), "code"), message: String(error) };
    });
    const reply = await t.request("/weak");
    expect(reply.json()).toMatchObject({ code: "ERR_KEY_WEAK" });
    expect(reply.text).toContain("randomBytes(32)");
    expect(reply.text).not.toContain(weak.password);
  });
});

describeMatrix("a CSRF token in the body", (t, { it, expect }) => {
  it("is what the app passes, before the header", async () => {
    t.route("/token", (event) => csrfToken(event, config));
    t.route("/form", async (event) => {
      const { headers } = event as { headers: Headers };
      const body = new URLSearchParams(headers.get("x-test-body") ?? "");
      await checkCsrf(event, { token: body.get("_csrf"), session: config });
      return "done";
    });
    const browser = t.browser();
    const token = await tokenOf(browser);
    const send = async (body: string, header: Record<string, string> = {}) => {
      const reply = await browser.request(
        "/form",
        post(HEADERS.ownFormWithoutReferrer, { "x-test-body": body, ...header }),
      );
      return reply.status === 200 ? reply.text : reasonOf(t.errors);
    };
    expect(await send(`_csrf=${token}`)).toBe("done");
    expect(await send("", { "x-csrf-token": token })).toBe("done");
    expect(await send("_csrf=0.x", { "x-csrf-token": token })).toBe("bad-token");
    expect(await send("_csrf=")).toBe("no-token");
    expect(await send("")).toBe("no-token");
  });

  it("is refused where it is no text", async () => {
    t.route("/token", (event) => csrfToken(event, config));
    let token: unknown;
    t.route("/form", async (event) => {
      await checkCsrf(event, { token, session: config });
      return "done";
    });
    const browser = t.browser();
    const text = await tokenOf(browser);
    for (const odd of [[text], { toString: () => text }, 7, true, new Blob([text])]) {
      token = odd;
      expect((await browser.request("/form", post(HEADERS.ownFetch, { "x-csrf-token": text }))).status).toBe(403);
      expect(reasonOf(t.errors)).toBe("bad-token");
    }
  });
});

describeMatrix("the CSRF middleware with a session", (t, { it, expect }) => {
  it("wants the token in its header, after the headers are judged", async () => {
    t.use(defineCsrfProtection({ session: config, tokenHeader: "X-XSRF-Token" }));
    t.route("/token", (event) => csrfToken(event, config));
    t.route("/transfer", async (event) => {
      await updateSession(event, config, { sent: true });
      return "done";
    });
    const browser = t.browser();
    const token = await tokenOf(browser);
    const send = (headers: Record<string, string>, header: Record<string, string>) =>
      browser.request("/transfer", post(headers, header));
    expect((await send(HEADERS.ownFetch, { "x-xsrf-token": token })).text).toBe("done");
    expect((await send(HEADERS.ownFetch, { "x-csrf-token": token })).status).toBe(403);
    expect(reasonOf(t.errors)).toBe("no-token");
    const foreign = await send(HEADERS.foreignForm, { "x-xsrf-token": token });
    expect([foreign.status, foreign.setCookies, reasonOf(t.errors)]).toEqual([403, [], "cross-site"]);
  });
});
