import * as h3v2 from "h3-v2";
import * as rc2 from "h3-v2-rc2";
import { clearSession, updateSession } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { PASSWORD } from "./_passwords.ts";

const config = { password: PASSWORD };
const namesOf = (headers: Headers) => headers.getSetCookie().map((cookie) => cookie.split("=")[0]);

/** Where the headers of errors are is learned from the first response: those after it are the ones that tests are about. */
async function eventAfterTheFirst(h3: typeof h3v2 = h3v2) {
  await updateSession(h3.mockEvent("/"), config, { first: true });
  return h3.mockEvent("/");
}

/** An answer of h3's own to an error in a handler that did `work`. */
async function failedAfter(work: (event: h3v2.H3Event) => unknown) {
  const app = new h3v2.H3({ silent: true });
  app.get("/", async (event) => {
    await updateSession(event, config, { visits: 1 });
    await work(event);
    throw h3v2.HTTPError.status(404);
  });
  await app.request("/");
  return app.request("/");
}

describe("the headers of an error", () => {
  it("are not made for a response that is none", async () => {
    const event = await eventAfterTheFirst();
    await updateSession(event, config, { visits: 1 });
    const made = Object.getOwnPropertySymbols(event.res)
      .map((key) => Object.getOwnPropertyDescriptor(event.res, key)?.value as unknown)
      .filter((value) => value instanceof Headers);
    expect(made).toEqual([event.res.headers]);
  });

  it("are the same each time, with the cookie and no-store", async () => {
    const event = await eventAfterTheFirst();
    await updateSession(event, config, { visits: 1 });
    const { errHeaders } = event.res;
    expect(event.res.errHeaders).toBe(errHeaders);
    expect(namesOf(errHeaders)).toEqual(["h3"]);
    expect(errHeaders.get("cache-control")).toBe("no-store");
    expect(errHeaders.getSetCookie()).toEqual(event.res.headers.getSetCookie());
  });

  it("have the last cookie of a session, whether they were looked at before or not", async () => {
    for (const look of [true, false]) {
      const event = await eventAfterTheFirst();
      await updateSession(event, config, { visits: 1 });
      if (look) expect(namesOf(event.res.errHeaders)).toEqual(["h3"]);
      await updateSession(event, { ...config, name: "cart" }, { items: 1 });
      await clearSession(event, config);
      expect(event.res.errHeaders.getSetCookie()).toEqual(event.res.headers.getSetCookie());
      expect(namesOf(event.res.errHeaders)).toEqual(["cart", "h3"]);
    }
  });

  it("keep what the app put there, before and after", async () => {
    const before = await eventAfterTheFirst();
    before.res.errHeaders.append("set-cookie", "mine=1");
    before.res.errHeaders.set("cache-control", "max-age=5");
    await updateSession(before, config, { visits: 1 });
    expect(namesOf(before.res.errHeaders)).toEqual(["mine", "h3"]);
    expect(before.res.errHeaders.get("cache-control")).toBe("max-age=5");

    const after = await eventAfterTheFirst();
    await updateSession(after, config, { visits: 1 });
    after.res.errHeaders.append("set-cookie", "mine=1");
    after.res.errHeaders.set("cache-control", "max-age=5");
    expect(namesOf(after.res.errHeaders)).toEqual(["h3", "mine"]);
    expect(after.res.errHeaders.get("cache-control")).toBe("max-age=5");
  });

  it("are what h3 answers with", async () => {
    const plain = await failedAfter(() => undefined);
    expect(plain.status).toBe(404);
    expect(namesOf(plain.headers)).toEqual(["h3"]);
    const more = await failedAfter((event) => event.res.errHeaders.set("x-mine", "1"));
    expect(namesOf(more.headers)).toEqual(["h3"]);
    expect(more.headers.get("x-mine")).toBe("1");
  });

  it("are right when the releases of h3 2 take turns", async () => {
    const errHeadersOf = (event: object) => (event as { res: { errHeaders?: Headers } }).res.errHeaders;
    for (let round = 0; round < 3; round++) {
      const event = h3v2.mockEvent("/");
      await updateSession(event, config, { round });
      expect(namesOf(event.res.errHeaders)).toEqual(["h3"]);
      const old = rc2.mockEvent("/");
      await updateSession(old, config, { round });
      expect(namesOf(old.res.headers)).toEqual(["h3"]);
      expect(errHeadersOf(old)?.getSetCookie()).toEqual(errHeadersOf(old) && old.res.headers.getSetCookie());
    }
  });

  it("are made at once where no place of theirs is found", async () => {
    class Response {
      readonly headers = new Headers();
      readonly #errors = new Headers();
      get errHeaders() {
        return this.#errors;
      }
    }
    for (let round = 0; round < 2; round++) {
      const event = { req: { headers: new Headers() }, res: new Response(), context: {} };
      await updateSession(event, config, { round });
      expect(namesOf(event.res.errHeaders)).toEqual(["h3"]);
    }
  });
});
