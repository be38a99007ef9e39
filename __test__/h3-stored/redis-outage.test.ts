// Redis that is gone, silent, or back: what visitors meet meanwhile.

import { setTimeout as after } from "node:timers/promises";

import { createStore, type RedisStoreOptions } from "ironkeep/store";

import { describeMatrix, type MatrixContext } from "../h3/_matrix.ts";
import { hasRedis, onRedis, type RedisServer, startRedis } from "../store/_redis.ts";
import { read, setup, visitor } from "./_routes.ts";

const PATHS = ["/read", "/visit", "/sign-in", "/sign-out", "/flash", "/flashed"] as const;
/** Those that begin a session for who has none. */
const BEGINNING: ReadonlySet<string> = new Set(["/visit", "/sign-in", "/flash"]);
const BACK_WITHIN_MS = 1000;

/** Runs `body` on a server and a store of its own. */
async function withRedis(
  t: MatrixContext,
  more: Partial<RedisStoreOptions>,
  body: (server: RedisServer) => Promise<void>,
): Promise<void> {
  const server = await startRedis();
  const store = createStore(onRedis(server, more));
  try {
    setup(t, {}, store);
    await body(server);
  } finally {
    await store.close();
    await server.remove();
  }
}

for (const name of hasRedis ? ["Redis"] : []) {
  describeMatrix(`stored sessions in ${name}`, (t, { it, expect }) => {
    it("that is killed: nobody is signed out or in, and all is as it was within a second of its being back", () =>
      withRedis(t, { deadline: 2000 }, async (server) => {
        const [guest, user] = [await visitor(t), await visitor(t)];
        const { id } = (await user.request("/sign-in")).json<{ id: string }>();
        const cookies = [guest.jar.header(), user.jar.header()];
        await server.kill();
        for (const path of PATHS) {
          for (const browser of [guest, user, ...(BEGINNING.has(path) ? [t.browser()] : [])]) {
            const reply = await browser.request(path);
            expect([path, reply.status, reply.headers.get("retry-after"), reply.setCookies]).toEqual([
              path,
              503,
              "1",
              [],
            ]);
            expect(reply.text).not.toContain("visits");
          }
        }
        await server.start();
        const answered = performance.now();
        let status = 503;
        while (status === 503) {
          await after(5);
          ({ status } = await guest.request("/read"));
        }
        expect(performance.now() - answered).toBeLessThan(BACK_WITHIN_MS);
        expect([guest.jar.header(), user.jar.header()]).toEqual(cookies);
        expect(await read(guest)).toMatchObject({ id: guest.id, data: { visits: 1 } });
        expect(await read(user)).toEqual({ id, userId: "ada", data: { visits: 1 } });
      }));

    it("that stops answering: 503 at the deadline, and all is as it was when it goes on", () =>
      withRedis(t, { deadline: 300 }, async (server) => {
        // The first call connects, which on a busy machine takes longer than that.
        while ((await t.request("/visit")).status === 503) await after(5);
        const browser = await visitor(t);
        server.stop();
        // What was sent is done when it goes on: no sign-out, which would be right.
        for (const path of ["/read", "/visit", "/flash"]) {
          const reply = await browser.request(path);
          expect([path, reply.status, reply.headers.get("retry-after"), reply.setCookies]).toEqual([
            path,
            503,
            "1",
            [],
          ]);
        }
        server.goOn();
        const answered = performance.now();
        while ((await browser.request("/read")).status === 503) await after(5);
        expect(performance.now() - answered).toBeLessThan(BACK_WITHIN_MS);
        expect((await read(browser)).id).toBe(browser.id);
      }));
  });
}
