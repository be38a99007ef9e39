// What a ring and its sessions do once it is closed.

import { createKeyring } from "ironkeep";
import { sealSession, type SessionConfig, unsealSession } from "ironkeep/h3";
import { expect, test } from "vitest";

import { describeMatrix } from "../h3/_matrix.ts";
import { READS, readingRoutes } from "./_failures.ts";
import { key, outcomeOf, Source, tokenOf } from "./_rings.ts";

const k1 = key("k1");

test("every call of it throws", async () => {
  const asked = createKeyring({ keys: new Source(k1).read });
  const unread = createKeyring({ keys: new Source(k1).read });
  await asked.refresh();
  for (const ring of [createKeyring([k1]), asked, unread]) {
    ring.close();
    expect(() => ring.keys()).toThrow(expect.objectContaining({ code: "ERR_KEYRING_CLOSED" }));
    expect(await outcomeOf(ring.refresh())).toBe("ERR_KEYRING_CLOSED");
    ring.close();
  }
});

test("a block closes it", () => {
  let kept;
  {
    using ring = createKeyring([k1]);
    kept = ring;
    expect(ring.keys()).toHaveLength(1);
  }
  expect(() => kept.keys()).toThrow(expect.objectContaining({ code: "ERR_KEYRING_CLOSED" }));
});

test("a reading that ends after it brings no keys back", async () => {
  const source = new Source();
  const answer = source.waits();
  const ring = createKeyring({ keys: source.read });
  const reading = outcomeOf(ring.refresh());
  await Promise.resolve();
  ring.close();
  answer(k1);
  expect(await reading).toBe("ERR_KEYRING_CLOSED");
  expect(() => ring.keys()).toThrow(expect.objectContaining({ code: "ERR_KEYRING_CLOSED" }));
});

describeMatrix("sessions of a closed ring", (t, { it, expect: expectIn }) => {
  for (const [title, format] of [
    ["Fe26.2", "iron"],
    ["ik1", "ik1"],
  ] as const) {
    for (const wasUsed of [true, false]) {
      it(`${title}, ${wasUsed ? "used before" : "never used"}: an error, with a cookie and without one`, async () => {
        const ring = createKeyring([k1]);
        const config: SessionConfig = { password: ring, seal: { format } };
        const cookie = `h3=${await tokenOf({ ...config, password: createKeyring([k1]) }, { user: "ada" })}`;
        const codes = readingRoutes(t, config);
        if (wasUsed) await t.request("/use", { headers: { cookie } });
        ring.close();
        for (const path of READS) {
          for (const headers of [{ cookie }, {}]) {
            const reply = await t.request(path, { headers });
            expectIn([path, reply.status >= 500, reply.setCookies]).toEqual([path, true, []]);
          }
        }
        expectIn(codes).toEqual(READS.flatMap(() => ["ERR_KEYRING_CLOSED", "ERR_KEYRING_CLOSED"]));
      });
    }
  }

  it("sealSession and unsealSession throw", async () => {
    const ring = createKeyring([k1]);
    const config: SessionConfig = { password: ring, seal: { format: "ik1" } };
    const token = await tokenOf(config, { user: "ada" });
    ring.close();
    const codes: unknown[] = [];
    t.route("/seal", async (event) => {
      codes.push(await outcomeOf(sealSession(event, config)), await outcomeOf(unsealSession(event, config, token)));
    });
    await t.request("/seal");
    expectIn(codes).toEqual(["ERR_KEYRING_CLOSED", "ERR_KEYRING_CLOSED"]);
  });
});
