// Several calls of one request wait for the first cookie of a new session.

import { createKeyring } from "ironkeep";
import { type SessionConfig, csrfToken, useSession } from "ironkeep/h3";
import { key, Source } from "../keyring/_rings.ts";
import { type MatrixEvent, describeMatrix } from "./_matrix.ts";

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** What becomes of each, when all are called at once. */
async function outcomes(...calls: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(calls.map((call) => call()));
  return settled.map((result) => (result.status === "fulfilled" ? "fulfilled" : codeOf(result.reason)));
}

describeMatrix("a new session whose cookie", (t, { it, expect }) => {
  function route(calls: (event: MatrixEvent) => readonly (() => Promise<unknown>)[]): void {
    t.route("/", (event) => outcomes(...calls(event)));
  }

  const use = (config: SessionConfig) => (event: MatrixEvent) => () => useSession(event, config);

  it("cannot be sealed is no session for any of the calls that ask for it", async () => {
    const source = new Source();
    source.answer = () => Promise.reject(new Error("no network"));
    const config = { password: createKeyring({ keys: source.read, refreshInterval: 0 }) };
    route((event) => [use(config)(event), use(config)(event), () => csrfToken(event, config)]);
    const reply = await t.request("/");
    expect(reply.json()).toEqual(Array.from({ length: 3 }, () => "ERR_KEYRING_UNAVAILABLE"));
    expect(reply.setCookies).toEqual([]);
  });

  it("is sealed late is there for all of them, and set once", async () => {
    const source = new Source();
    source.answer = async () => [key("k1")];
    const config = { password: createKeyring({ keys: source.read, refreshInterval: 0 }) };
    route((event) => [use(config)(event), use(config)(event), () => csrfToken(event, config)]);
    const reply = await t.request("/");
    expect(reply.json()).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    expect(reply.cookieNames()).toEqual(["h3"]);
  });

  it("is too large fails again for a later call of the request", async () => {
    const config = { password: createKeyring([key("k1")]), maxCookieBytes: 10 };
    t.route("/", async (event) => [
      ...(await outcomes(() => useSession(event, config))),
      ...(await outcomes(() => useSession(event, config))),
    ]);
    expect((await t.request("/")).json()).toEqual(["ERR_COOKIE_TOO_LARGE", "ERR_COOKIE_TOO_LARGE"]);
  });

  it("cannot be sealed is written by a later call, when it can", async () => {
    const source = new Source();
    source.answer = () => undefined;
    const config = { password: createKeyring({ keys: source.read, refreshInterval: 0 }) };
    t.route("/", async (event) => {
      const first = await outcomes(() => useSession(event, config));
      const other = { password: createKeyring([key("k1")]) };
      return [...first, ...(await outcomes(() => useSession(event, other)))];
    });
    const reply = await t.request("/");
    expect(reply.json()).toEqual(["ERR_KEYRING_UNAVAILABLE", "fulfilled"]);
    expect(reply.cookieNames()).toEqual(["h3"]);
  });
});
