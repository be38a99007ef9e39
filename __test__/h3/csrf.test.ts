import { checkCsrf, checkOrigin, defineCsrfProtection, getSession } from "ironkeep/h3";
import { HEADERS, post, reasonOf, request } from "./_csrf-requests.ts";
import { ALLOWED_ORIGIN, BY_HEADERS, WITH_SAME_SITE, WITH_STRICT, headersOf } from "./_csrf-table.ts";
import { cached } from "./_cached.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";

const FOREIGN = ["foreignForm", "foreignFormOfOld", "sandboxedForm", "sibling"] as const;
const OWN = ["ownFetch", "ownFetchOfOld", "ownFormWithoutReferrer", "curl"] as const;

describeMatrix("the CSRF middleware", (t, { it, expect }) => {
  for (const [title, options, cells] of [
    ["no option", {}, BY_HEADERS],
    ["allowSameSite", { allowSameSite: true }, WITH_SAME_SITE],
    ["strict", { strict: true }, WITH_STRICT],
  ] as const) {
    it(`answers each request as docs/csrf.md says: ${title}`, async () => {
      t.use(defineCsrfProtection({ allowedOrigins: [ALLOWED_ORIGIN], ...options }));
      t.route("/transfer", () => "done");
      for (const cell of cells) {
        const before = t.errors.length;
        const reply = await t.request("/transfer", post(headersOf(cell)));
        const got = reply.status === 200 ? reply.text : reasonOf(t.errors);
        expect({ ...cell, got }).toEqual({ ...cell, got: cell.expected === "allowed" ? "done" : cell.expected });
        expect(t.errors.length - before).toBe(cell.expected === "allowed" ? 0 : 1);
      }
    });
  }

  for (const name of FOREIGN) {
    it(`refuses ${name}, before the handler runs`, async () => {
      let ran = 0;
      t.use(defineCsrfProtection());
      t.route("/transfer", () => `${(ran += 1)}`);
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const reply = await t.request("/transfer", request(method, HEADERS[name]));
        expect(reply.status).toBe(403);
        expect(reply.headers.get("cache-control")).toBe("no-store");
        expect(reply.setCookies).toEqual([]);
        expect(reply.json<{ data: unknown }>().data).toEqual({ code: "ERR_CSRF" });
      }
      expect(ran).toBe(0);
    });
  }

  for (const name of OWN) {
    it(`lets ${name} through`, async () => {
      t.use(defineCsrfProtection());
      t.route("/transfer", () => "done");
      const reply = await t.request("/transfer", post(HEADERS[name]));
      expect([reply.status, reply.text]).toEqual([200, "done"]);
    });
  }

  it("lets GET, HEAD and OPTIONS through, from wherever they come", async () => {
    t.use(defineCsrfProtection({ strict: true }));
    t.route("/page", () => "page");
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      for (const headers of Object.values(HEADERS)) {
        if ("upgrade" in headers) continue;
        const reply = await t.request("/page", request(method, headers));
        expect(reply.status).toBe(200);
        expect(reply.headers.get("vary")).toBeNull();
        expect(reply.headers.get("cache-control")).toBeNull();
      }
    }
  });

  it("leaves a CORS preflight to the app, and judges what follows it", async () => {
    t.use(defineCsrfProtection());
    t.route("OPTIONS", "/api", (event) => {
      t.setHeader(event, "access-control-allow-origin", "https://evil.example");
      return "preflight";
    });
    t.route("POST", "/api", () => "done");
    const preflight = { "access-control-request-method": "POST", origin: "https://evil.example" };
    const asked = await t.request("/api", request("OPTIONS", preflight, { "sec-fetch-site": "cross-site" }));
    expect([asked.status, asked.text]).toEqual([200, "preflight"]);
    const sent = { origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" };
    expect((await t.request("/api", post(sent))).status).toBe(403);
  });

  it("throws an error of the h3 that runs, with a code and no value of the request", async () => {
    t.use(defineCsrfProtection());
    t.route("/transfer", () => "done");
    await t.request("/transfer", post(HEADERS.foreignForm));
    const [error] = t.errors;
    expect(t.isHttpError(error)).toBe(true);
    expect(error).toMatchObject({ code: "ERR_CSRF", status: 403, statusCode: 403, reason: "cross-site" });
    expect(Reflect.get(Object(error), "unhandled") ?? false).toBe(false);
    expect(`${error?.message} ${JSON.stringify(error)}`).not.toMatch(/evil|app\.example|cross-site"/);
    expect(t.logged).toEqual([]);
  });

  it("keeps a refusal out of caches, whatever the app set before", async () => {
    t.middleware((event) => {
      t.setHeader(event, "cache-control", "public, max-age=60");
      const errors: unknown = Reflect.get(Object(Reflect.get(event, "res")), "errHeaders");
      if (errors instanceof Headers) errors.set("cache-control", "public, max-age=60");
    });
    t.use(defineCsrfProtection());
    t.route("/transfer", () => "done");
    const reply = await t.request("/transfer", post(HEADERS.foreignForm));
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([403, "no-store"]);
  });

  it("judges a WebSocket handshake, though it is a GET", async () => {
    t.use(defineCsrfProtection());
    t.route("/socket", () => "hooks");
    // Not `connection: Upgrade`, with which Node waits for a server that upgrades.
    for (const marks of [{ upgrade: "WebSocket" }, { upgrade: "h2c, websocket" }, { "sec-websocket-key": "AAAA" }]) {
      const foreign = await t.request("/socket", request("GET", { origin: "https://evil.example", ...marks }));
      expect([foreign.status, reasonOf(t.errors)]).toEqual([403, "other-origin"]);
      const own = await t.request("/socket", request("GET", { origin: "https://app.example", ...marks }));
      expect([own.status, own.text]).toEqual([200, "hooks"]);
    }
  });
});

describeMatrix("a CSRF check in a handler", (t, { it, expect }) => {
  it("wrap puts it in front of one handler, whose answer is its own", async () => {
    const csrf = defineCsrfProtection();
    t.route(
      "/checked",
      csrf.wrap((event: object) => ("context" in event ? "done" : "no event")),
    );
    t.route("/open", () => "open");
    expect((await t.request("/checked", post(HEADERS.foreignForm))).status).toBe(403);
    expect((await t.request("/checked", post(HEADERS.ownFetch))).text).toBe("done");
    expect((await t.request("/open", post(HEADERS.foreignForm))).text).toBe("open");
  });

  it("checkCsrf throws before what follows it", async () => {
    let ran = 0;
    t.route("/checked", async (event) => {
      await checkCsrf(event);
      return `${(ran += 1)}`;
    });
    expect((await t.request("/checked", post(HEADERS.foreignForm))).status).toBe(403);
    expect(ran).toBe(0);
    expect((await t.request("/checked", post(HEADERS.ownFetch))).text).toBe("1");
    expect((await t.request("/checked", request("GET", HEADERS.foreignLink))).text).toBe("2");
  });

  it("checkOrigin judges a GET too", async () => {
    t.route("/act", (event) => {
      checkOrigin(event, { allowedOrigins: [ALLOWED_ORIGIN] });
      return "done";
    });
    const link = await t.request("/act", request("GET", HEADERS.foreignLink));
    expect([link.status, link.headers.get("cache-control")]).toEqual([403, "no-store"]);
    const typed = { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" };
    expect((await t.request("/act", request("GET", typed))).text).toBe("done");
    const allowed = { "sec-fetch-site": "cross-site", origin: ALLOWED_ORIGIN };
    expect((await t.request("/act", request("GET", allowed))).text).toBe("done");
    expect((await t.request("/act", post(HEADERS.foreignForm))).status).toBe(403);
  });

  it("is refused inside a cache, which hides the headers, unless the method is a safe one", async () => {
    // In process nothing tells Nitro 3's narrowed request from a whole one, unless a session was looked at before.
    t.middleware((event) => getSession(event, { password: PASSWORD }));
    t.route(
      "/cached",
      cached(async (event) => {
        await checkCsrf(event);
        return "done";
      }),
    );
    t.route(
      "/cached-origin",
      cached((event) => {
        checkOrigin(event);
        return "done";
      }),
    );
    expect((await t.request("/cached", request("GET", HEADERS.foreignLink))).text).toBe("done");
    for (const headers of [HEADERS.ownFetch, HEADERS.foreignForm]) {
      expect((await t.request("/cached", post(headers))).status).toBe(403);
      expect(reasonOf(t.errors)).toBe("cached");
    }
    expect((await t.request("/cached-origin", request("GET", HEADERS.foreignLink))).status).toBe(403);
  });
});
