import { choices } from "./_random.ts";
import type { Reply } from "../h3/_http.ts";
import { describeMatrix } from "../h3/_matrix.ts";
import { read, type Seen, setup, visitor } from "./_routes.ts";

const RACERS = 20;

describeMatrix("a sign-in that is raced by requests with the old id", (t, { it, expect }) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    it(`leaves nobody signed out, whatever reply comes last: ${seed}`, async () => {
      const random = choices(seed);
      const { store } = setup(t, { idleTimeout: 1000, deadline: 10_000 });
      const browser = await visitor(t);
      // Every call of the store takes its own time, so that the requests overlap in another way each time.
      store.before = async () => {
        for (let ticks = random.below(12); ticks > 0; ticks--) await new Promise(setImmediate);
      };
      // All of them were sent with the cookie of before, and the browser takes their replies in any order.
      const sent = (path: string): Promise<Reply> => t.browser(browser.jar.clone()).request(path);
      const paths = [
        "/sign-in",
        ...Array.from({ length: RACERS }, (_, index) => (index % 2 === 0 ? "/read" : "/visit")),
      ];
      const replies = await Promise.all(random.shuffle(paths).map(async (path) => ({ path, reply: await sent(path) })));
      store.before = undefined;
      const signIn = replies.find(({ path }) => path === "/sign-in");
      expect(signIn?.reply.status).toBe(200);
      const { id } = signIn?.reply.json<Seen>() ?? {};
      for (const { path, reply } of random.shuffle(replies)) {
        browser.jar.store(reply.cookies);
        // Late writes are told that the session has ended, late reads see none, and neither sets a cookie.
        expect(path === "/visit" ? [200, 401] : [200]).toContain(reply.status);
        if (path !== "/sign-in") expect(reply.setCookies).toEqual([]);
      }
      const now = await read(browser);
      expect(now).toMatchObject({ id, userId: "ada" });
      // What was acknowledged was written before the sign-in, which takes it along.
      const written = replies.filter(({ path, reply }) => path === "/visit" && reply.status === 200).length;
      expect(now.data["visits"]).toBe(1 + written);
      expect(await store.list({ now: Date.now() }, "ada")).toHaveLength(1);
    });
  }

  it("by another sign-in with the same old id ends with one session", async () => {
    const { store } = setup(t);
    const browser = await visitor(t);
    const replies = await Promise.all([1, 2, 3].map(() => t.browser(browser.jar.clone()).request("/sign-in")));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 401, 401]);
    for (const reply of replies) browser.jar.store(reply.cookies);
    expect(await read(browser)).toMatchObject({ userId: "ada" });
    expect(await store.list({ now: Date.now() }, "ada")).toHaveLength(1);
  });
});
