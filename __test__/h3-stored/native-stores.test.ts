import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { updateSession } from "ironkeep/h3";
import { createStore, type StoreConfig } from "ironkeep/store";
import { describeMatrix } from "../h3/_matrix.ts";
import { hasRedis, onRedis, sharedRedis } from "../store/_redis.ts";
import { read, setup, visitor } from "./_routes.ts";
import { PASSWORD } from "./_stores.ts";

const DRIVERS: Readonly<Record<string, (folder: string) => Promise<StoreConfig> | StoreConfig>> = {
  memory: () => ({ driver: "memory" }),
  ...(hasRedis && { redis: async () => onRedis(await sharedRedis()) }),
  sqlite: (folder) => ({ driver: "sqlite", path: join(folder, "sessions.db"), synchronous: "normal" }),
};

for (const [driver, configOf] of Object.entries(DRIVERS)) {
  describeMatrix(`useSession with the store ${driver}`, (t, { it, expect }) => {
    /** Runs `body` with a store that is closed and removed afterwards. */
    const withStore = async (body: (app: ReturnType<typeof setup>) => Promise<void>) => {
      const folder = mkdtempSync(join(tmpdir(), "ironkeep-"));
      const store = createStore(await configOf(folder));
      try {
        await body(setup(t, { deadline: 10_000, migrate: { until: Date.now() + 60_000 } }, store));
      } finally {
        await store.close();
        rmSync(folder, { recursive: true });
      }
    };

    it("loses no update, signs in, and ends for every copy of the cookie", () =>
      withStore(async () => {
        const browser = await visitor(t);
        await Promise.all(Array.from({ length: 8 }, () => browser.request("/visit")));
        const old = t.browser(browser.jar.clone());
        const { id } = (await browser.request("/sign-in")).json<{ id: string }>();
        expect(await read(browser)).toEqual({ id, userId: "ada", data: { visits: 9 } });
        expect(await read(old)).toEqual({ data: {} });
        expect((await old.request("/visit")).status).toBe(401);
        const copy = t.browser(browser.jar.clone());
        await browser.request("/sign-out");
        expect(await read(copy)).toEqual({ data: {} });
      }));

    it("takes sealed sessions over, once", () =>
      withStore(async () => {
        t.route("/sealed", async (event) => (await updateSession(event, { password: PASSWORD }, { theme: "dark" })).id);
        const browser = t.browser();
        await browser.request("/sealed");
        const copies = [1, 2, 3].map(() => t.browser(browser.jar.clone()));
        const seen = await Promise.all([browser, ...copies].map(read));
        expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
        expect(seen[0]?.data).toEqual({ theme: "dark" });
        await browser.request("/sign-out");
        for (const copy of copies) expect(await read(copy)).toEqual({ data: {} });
      }));

    it("is a 503 once the store is closed, and signs nobody out", () =>
      withStore(async ({ store }) => {
        const browser = await visitor(t);
        await store.close();
        const reply = await browser.request("/read");
        expect([reply.status, reply.headers.get("retry-after"), reply.setCookies]).toEqual([503, "1", []]);
      }));
  });
}
