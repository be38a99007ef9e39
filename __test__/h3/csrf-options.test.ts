import type { CsrfCheckOptions, CsrfOptions } from "ironkeep/h3";
import { checkCsrf, checkOrigin, defineCsrfProtection } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { HEADERS, post, reasonOf, request } from "./_csrf-requests.ts";
import { ALLOWED_ORIGIN } from "./_csrf-table.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";

const UPGRADE = { headers: new Headers({ host: "app.example", origin: "https://evil.example" }), context: {} };

/** Options as a file without types might have them. */
const WRONG: Readonly<Record<string, unknown>> = {
  allowedOrigin: [ALLOWED_ORIGIN],
  token: "0.x",
  allowSameSite: "false",
  strict: 1,
  xForwardedHost: "true",
  xForwardedProto: null,
  session: PASSWORD,
  tokenHeader: "x csrf",
};

const WRONG_ORIGINS = [
  "*",
  "null",
  "",
  "app.example",
  "https://app.example/",
  "https://*.app.example",
  "https://A.example",
  7,
];

const WRONG_PATHS = [
  "",
  "hooks",
  "/hooks/*",
  "/**",
  "/hooks/**/x",
  "/hooks/:id",
  "/hooks?x",
  "/a/../b",
  "/a//b",
  "/%2e",
  7,
];

describe("options of the CSRF protection", () => {
  const codeOf = (work: () => unknown): unknown => {
    try {
      work();
    } catch (error) {
      return Reflect.get(Object(error), "code");
    }
    return "accepted";
  };

  it.each(Object.entries(WRONG))("%s: %j is an error, and not left out", (name, value) => {
    const options = { [name]: value } as CsrfOptions;
    expect(codeOf(() => defineCsrfProtection(options))).toBe("ERR_CONFIG");
    expect(codeOf(() => checkOrigin(UPGRADE, options))).toBe("ERR_CONFIG");
  });

  it.each(["session", "tokenHeader"])("%s means nothing to checkOrigin, which asks for no token: an error", (name) => {
    const options = { session: { password: PASSWORD }, tokenHeader: "x-token" };
    expect(codeOf(() => defineCsrfProtection(options))).toBe("accepted");
    const own = { headers: new Headers({ host: "app.example", origin: "https://app.example" }), context: {} };
    const given = { [name]: Reflect.get(options, name) as unknown } as CsrfOptions;
    expect(codeOf(() => checkOrigin(own, given))).toBe("ERR_CONFIG");
    expect(codeOf(() => checkOrigin(own, {}))).toBe("accepted");
    // What is no object names no option, and no error quotes it.
    expect(codeOf(() => checkOrigin(own, 7 as CsrfOptions))).toBe("accepted");
  });

  it.each(WRONG_ORIGINS)("%j is no origin to allow", (origin) => {
    const options = { allowedOrigins: [ALLOWED_ORIGIN, origin] } as CsrfOptions;
    expect(codeOf(() => defineCsrfProtection(options))).toBe("ERR_CONFIG");
  });

  it.each(WRONG_PATHS)("%j is no path to bypass", (path) => {
    const options = { bypass: ["/ok", path] } as CsrfOptions;
    expect(codeOf(() => defineCsrfProtection(options))).toBe("ERR_CONFIG");
  });

  it("name what was meant", () => {
    expect(() => defineCsrfProtection({ allowedOrigin: [] } as CsrfOptions)).toThrow(
      /"allowedOrigin".*"allowedOrigins"/,
    );
  });

  it("a list in the place of a text, or a text in that of a list, is an error", () => {
    for (const options of [{ allowedOrigins: ALLOWED_ORIGIN }, { bypass: "/hooks" }] as unknown as CsrfOptions[]) {
      expect(codeOf(() => defineCsrfProtection(options))).toBe("ERR_CONFIG");
    }
  });

  it("an app that is no web page may be allowed", () => {
    const headers = new Headers({ host: "app.example", origin: "capacitor://localhost" });
    expect(codeOf(() => checkOrigin({ headers }))).toBe("ERR_CSRF");
    expect(codeOf(() => checkOrigin({ headers }, { allowedOrigins: ["capacitor://localhost"] }))).toBe("accepted");
  });
});

describeMatrix("the rules of an app", (t) => {
  const foreign = post(HEADERS.foreignForm);

  it("a token without its session is an error, also when the form had none", async () => {
    t.route("/form", async (event) => {
      await checkCsrf(event, { token: undefined });
      return "done";
    });
    expect((await t.request("/form", post(HEADERS.ownFetch))).status).toBe(500);
    expect(t.errors[0]).toHaveProperty("cause.code", "ERR_CONFIG");
  });

  it("allowedOrigins as a function is asked about origins alone, and has to give true", async () => {
    const asked: unknown[] = [];
    const answers: Record<string, unknown> = { "https://a.example": true, "https://b.example": Promise.resolve(true) };
    t.use(
      defineCsrfProtection({
        allowedOrigins: (origin, { method, path, header }) => {
          asked.push([origin, method, path, header("X-Test")]);
          return (answers[origin] ?? "yes") as boolean;
        },
      }),
    );
    t.route("/api/x", () => "done");
    const send = async (origin: string): Promise<number> =>
      (await t.request("/api/x?q", post({ origin, "sec-fetch-site": "cross-site", "x-test": "1" }))).status;
    expect(await send("https://a.example")).toBe(200);
    expect(await send("https://b.example")).toBe(403);
    expect(await send("https://c.example")).toBe(403);
    expect(asked).toHaveLength(3);
    expect(asked[0]).toEqual(["https://a.example", "POST", "/api/x", "1"]);
    expect(await send("null")).toBe(403);
    expect(await send("nonsense")).toBe(403);
    expect(asked).toHaveLength(3);
  });

  it("bypass leaves paths out, and no others", async () => {
    t.use(defineCsrfProtection({ bypass: ["/hooks/**", "/ping"], strict: true, session: { password: PASSWORD } }));
    t.route("/**", () => "done");
    for (const path of [
      "/hooks",
      "/hooks/",
      "/hooks/stripe",
      "/hooks/stripe?a=/../b",
      "/hooks/a%20b",
      "/ping",
      "/ping?x",
    ]) {
      const { text } = await t.request(path, foreign);
      expect({ path, text }).toEqual({ path, text: "done" });
    }
    for (const path of [
      "/",
      "/hooksx",
      "/api/hooks/x",
      "/ping/",
      "/pin",
      "/Hooks/x",
      "/hooks%2fx",
      "/hooks/..%2ftransfer",
    ]) {
      const { status } = await t.request(path, foreign);
      expect({ path, status }).toEqual({ path, status: 403 });
    }
    for (const path of [
      "/hooks/%2e%2e/transfer",
      "/hooks/%252e%252e%252ftransfer",
      "/hooks/..%5ctransfer",
      "/hooks//x",
    ]) {
      const { status } = await t.request(path, foreign);
      expect({ path, status }).toEqual({ path, status: 403 });
    }
  });

  it("bypass as a function sees the request, and has to give true", async () => {
    t.use(
      defineCsrfProtection({
        bypass: ({ method, path, header }) =>
          (method === "PUT" && path === "/x" && header("x-secret") === "s") || ("no" as never),
      }),
    );
    t.route("/x", () => "done");
    const send = (method: string, secret: string) =>
      t.request("/x?y", request(method, HEADERS.foreignForm, { "x-secret": secret }));
    expect((await send("PUT", "s")).text).toBe("done");
    expect((await send("PUT", "t")).status).toBe(403);
    expect((await send("POST", "s")).status).toBe(403);
  });

  it("an option that is wrong fails a check, and does not let through", async () => {
    t.route("/x", async (event) => {
      await checkCsrf(event, { allowedorigins: [] } as CsrfCheckOptions);
      return "done";
    });
    expect((await t.request("/x", post(HEADERS.ownFetch))).status).toBe(500);
    expect(reasonOf(t.errors)).toBeUndefined();
  });
});
