// While the keys cannot be read, nobody is signed out, and nobody is somebody else.

import { createKeyring } from "ironkeep";
import type { SessionConfig } from "ironkeep/h3";
import { vi } from "vitest";

import { describeMatrix } from "../h3/_matrix.ts";
import type { Seen } from "../h3/_routes.ts";
import { inShort, READS, readingRoutes, UNAVAILABLE } from "./_failures.ts";
import { key, Source, tokenOf } from "./_rings.ts";

const k1 = key("k1");
const HALF_WRITTEN = JSON.stringify([k1]).slice(0, -9);

const FAILURES: readonly (readonly [string, () => unknown])[] = [
  [
    "throws",
    () => {
      throw new Error(`cannot parse ${HALF_WRITTEN}`);
    },
  ],
  ["rejects", () => Promise.reject(new Error(`cannot parse ${HALF_WRITTEN}`))],
  ["rejects with nothing", () => Promise.reject(undefined as unknown as Error)],
  ["gives undefined", () => undefined],
  ["gives undefined, later", async () => undefined],
  ["gives an empty text", () => ""],
  ["gives an empty list", () => []],
  ["gives half-written text", () => HALF_WRITTEN],
  ["gives a weak key", () => [{ id: "k1", secret: "short" }]],
];

/** A ring that has no keys yet, a cookie under the key that it will have, and the routes that read it. */
async function beforeFirstKeys(format: "iron" | "ik1" = "ik1") {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const source = new Source();
  const config: SessionConfig = {
    password: createKeyring({ keys: source.read, refreshInterval: 0 }),
    seal: { format },
  };
  const cookie = `h3=${await tokenOf({ ...config, password: createKeyring([k1]) }, { user: "ada" })}`;
  return { source, config, headers: { cookie } };
}

describeMatrix("no keys yet, and a function that", (t, { it, expect }) => {
  for (const [title, fail] of FAILURES) {
    it(`${title}: 503 for whoever has a cookie, and the session afterwards`, async () => {
      const { source, config, headers } = await beforeFirstKeys();
      const codes = readingRoutes(t, config);
      source.answer = fail;
      for (const path of READS) {
        const reply = await t.request(path, { headers });
        expect(inShort(reply)).toEqual(UNAVAILABLE);
        expect(reply.text).not.toContain(String(k1.secret).slice(0, 12));
      }
      expect(codes).toEqual(READS.map(() => "ERR_KEYRING_UNAVAILABLE"));

      source.gives(k1);
      vi.setSystemTime(Date.now() + 1000);
      const reply = await t.request("/use", { headers });
      expect([reply.status, reply.json<Seen>().data, reply.setCookies]).toEqual([200, { user: "ada" }, []]);
    });
  }

  it("throws: 503 under Fe26.2 too", async () => {
    const { source, config, headers } = await beforeFirstKeys("iron");
    readingRoutes(t, config);
    source.answer = () => undefined;
    expect(inShort(await t.request("/get", { headers }))).toEqual(UNAVAILABLE);
    source.gives(k1);
    vi.setSystemTime(Date.now() + 1000);
    expect((await t.request("/get", { headers })).json<Seen>().data).toEqual({ user: "ada" });
  });

  it("throws: 503 for a new visitor whose session would be written", async () => {
    const { source, config } = await beforeFirstKeys();
    const codes = readingRoutes(t, config);
    source.answer = () => undefined;
    for (const path of ["/use", "/update"]) expect(inShort(await t.request(path))).toEqual(UNAVAILABLE);
    expect(codes).toEqual(["ERR_KEYRING_UNAVAILABLE", "ERR_KEYRING_UNAVAILABLE"]);
  });

  it("throws is asked once by 50 requests, and at most once a second", async () => {
    const { source, config, headers } = await beforeFirstKeys();
    readingRoutes(t, config);
    source.answer = () => Promise.reject(new Error("no network"));
    const fifty = async () => {
      const replies = await Promise.all(Array.from({ length: 50 }, () => t.request("/get", { headers })));
      for (const reply of replies) expect(inShort(reply)).toEqual(UNAVAILABLE);
    };
    await fifty();
    expect(source.calls).toBe(1);
    vi.setSystemTime(Date.now() + 999);
    await fifty();
    expect(source.calls).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    await fifty();
    expect(source.calls).toBe(2);
  });

  it("works is asked once by 50 requests", async () => {
    const { source, config, headers } = await beforeFirstKeys();
    readingRoutes(t, config);
    source.answer = async () => [k1];
    const replies = await Promise.all(Array.from({ length: 50 }, () => t.request("/get", { headers })));
    expect(replies.map((reply) => reply.json<Seen>().data)).toEqual(replies.map(() => ({ user: "ada" })));
    expect(source.calls).toBe(1);
  });
});

describeMatrix("a token of an unknown key, and a function that", (t, { it, expect }) => {
  async function withFirstKeys() {
    const { source, config, headers } = await beforeFirstKeys();
    source.gives(k1);
    const codes = readingRoutes(t, config);
    expect((await t.request("/get", { headers })).json<Seen>().data).toEqual({ user: "ada" });
    vi.setSystemTime(Date.now() + 5000);
    const token = await tokenOf({ ...config, password: createKeyring([key("k2")]) }, { user: "bob" });
    return { source, codes, headers, young: { cookie: `h3=${token}` } };
  }

  for (const [title, fail] of FAILURES) {
    it(`${title}: 503, while a known key opens its tokens`, async () => {
      const { source, codes, headers, young } = await withFirstKeys();
      source.answer = fail;
      for (const path of READS) expect(inShort(await t.request(path, { headers: young }))).toEqual(UNAVAILABLE);
      expect(codes).toEqual(READS.map(() => "ERR_KEYRING_UNAVAILABLE"));
      expect((await t.request("/use", { headers })).json<Seen>().data).toEqual({ user: "ada" });
      expect(source.calls).toBe(2);

      source.gives(key("k2"), k1);
      vi.setSystemTime(Date.now() + 1000);
      expect((await t.request("/use", { headers: young })).json<Seen>().data).toEqual({ user: "bob" });
    });
  }

  it("does not know it: a new session", async () => {
    const { source, young } = await withFirstKeys();
    const reply = await t.request("/use", { headers: young });
    expect([reply.status, reply.json<Seen>().data, reply.cookieNames()]).toEqual([200, {}, ["h3"]]);
    expect(source.calls).toBe(2);
  });
});
