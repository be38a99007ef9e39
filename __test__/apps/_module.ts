import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { Reply } from "../h3/_http.ts";
import { connect } from "../h3/_sockets.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import type { BuiltApp } from "./_build.ts";
import type { Outer } from "./fixtures/shared/kept.ts";
import type { Page, Seen } from "./fixtures/shared/sessions.ts";
import { type Server, serve } from "./_server.ts";
import { type Member, type Visitor, unmade } from "./_visitor.ts";

/** The cookie of the session that `runtimeConfig.session` names. */
const COOKIE = "kept";
const NOTHING = { id: null, data: {} };
const CROWD = 200;

interface Setup {
  app(): { built: BuiltApp; server: Server; /** Where the store's file is. */ folder: string };
  newcomer(): Visitor;
  signedIn(user: string): Promise<Member>;
}

/** What an app has by the module alone, with no line of code for it. */
export function moduleTests({ app, newcomer, signedIn }: Setup): void {
  const keptMember = async (user: string): Promise<Member> => {
    const somebody = newcomer();
    const { id } = (await somebody.get(`/kept/sign-in?user=${user}`)).json<Seen>();
    return { ...somebody, id };
  };

  describe("the module", () => {
    it("has sessions kept where the environment says, and the cookie holds an id alone", async () => {
      const ada = await keptMember("ada");
      expect(ada.jar.value(COOKIE).length).toBeLessThan(100);
      for (const visits of [1, 2]) {
        expect((await ada.get("/kept/visits")).json()).toEqual({ id: ada.id, data: { user: "ada", visits } });
      }
      expect(readdirSync(app().folder)).toContain("sessions.db");
    });

    it("is not in what the build printed as a trouble", () => {
      expect(app().built.log).not.toMatch(/Duplicated imports|\bERROR\b|useSession" has been ignored/);
    });

    it("has its helpers imported, by itself in nitropack and before h3's", async () => {
      expect((await newcomer().get("/kept/imported")).json()).toEqual({ ...NOTHING, tokens: "function" });
      const ada = await keptMember("ada");
      const data = { user: "ada" };
      expect((await ada.get("/kept/imported")).json()).toEqual({ id: ada.id, data, tokens: "function" });
    });

    it("keeps no password in the output", () => {
      const { output } = app().built;
      const files = readdirSync(output, { recursive: true, encoding: "utf8" }).filter((path) =>
        /\.(?:mjs|js|json)$/.test(path),
      );
      expect(files.length).toBeGreaterThan(10);
      expect(files.filter((path) => readFileSync(join(output, path), "utf8").includes(PASSWORD))).toEqual([]);
    });

    it("has prerendered a page without a session", () => {
      const path = join(app().built.output, "public/kept/prerendered");
      const file = existsSync(join(path, "index.html")) ? join(path, "index.html") : path;
      const page: Omit<Page, "made"> = { used: NOTHING, got: { id: "", data: {} } };
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ made: expect.any(String), ...page });
    });

    it.each(["/kept/cached", "/kept/swr"])("gives a handler of %s no session", async (path) => {
      const ada = await keptMember("ada");
      const page = unmade(path);
      const first = await ada.get(page);
      expect(first.json()).toMatchObject({ used: NOTHING, got: { id: "", data: {} } });
      const second = await newcomer().get(page);
      expect([second.text, first.setCookies, second.setCookies]).toEqual([first.text, [], []]);
      expect((await ada.get("/kept/visits")).json()).toEqual({ id: ada.id, data: { user: "ada", visits: 1 } });
    });

    it("makes a sub-request part of the request: one session, and one cookie", async () => {
      const somebody = newcomer();
      const first = await somebody.get("/kept/outer");
      const { inner, mine } = first.json<Outer>();
      expect(inner).toEqual({ id: expect.any(String), data: { visits: 1 } });
      expect(mine).toEqual(inner);
      expect(first.cookieNames()).toEqual([COOKIE]);
      const later = (await somebody.get("/kept/outer")).json<Outer>();
      expect(later.mine).toEqual({ id: mine.id, data: { visits: 2 } });
    });

    it("gives a WebSocket the session of its visitor, as it is at each message", async () => {
      const ada = await keptMember("ada");
      const url = `${app().server.origin.replace("http", "ws")}/_ws`;
      const socket = await connect(url, { cookie: ada.jar.header("/") ?? "" });
      expect(await socket.next()).toEqual({ id: ada.id, data: { user: "ada" } });
      socket.close();
      const stranger = await connect(url, {});
      expect(await stranger.next()).toMatchObject({ data: {} });
      stranger.close();
    });

    it(`keeps ${CROWD} users apart who come at once`, async () => {
      const crowd = await Promise.all(
        Array.from({ length: CROWD }, async () => {
          const user = `user-${randomUUID()}`;
          const member = await signedIn(user);
          const { id } = (await member.get(`/kept/sign-in?user=${user}`)).json<Seen>();
          return { ...member, user, ids: [member.id, id] };
        }),
      );
      expect(new Set(crowd.flatMap(({ ids }) => ids)).size).toBe(2 * CROWD);
      const cookiesOf = new Map<string, string>();
      // Each page is made for one of them while the others ask for it.
      const ruled = ["/ruled", "/swr", "/isr", "/press/today", "/shelf/a-book", "/members/shelf/a-book", "/kept/swr"];
      const shared = ["/cached", "/readers/cached", "/kept/cached", ...ruled].map(unmade);
      const own = ["/visits", "/kept/visits", "/kept/outer", "/visits"];
      const look = async ({ get, user, ids }: (typeof crowd)[number], path: string): Promise<Reply> => {
        const reply = await get(path);
        const said = `${reply.text}\n${[...reply.headers].join("\n")}`;
        const users = new Set(said.match(/user-[\da-f-]{36}/g));
        const others = crowd.filter((other) => other.user !== user && other.ids.some((id) => id && said.includes(id)));
        const isShared = shared.includes(path);
        const leaks = { path, users: [...users], others, cookies: isShared ? reply.setCookies : [] };
        expect(leaks).toEqual({ path, users: isShared ? [] : [user], others: [], cookies: [] });
        expect(isShared && ids.some((id) => id && said.includes(id))).toBe(false);
        for (const { name, value } of reply.cookies) {
          const holder = cookiesOf.get(`${name}=${value}`) ?? user;
          expect(holder).toBe(user);
          cookiesOf.set(`${name}=${value}`, user);
        }
        return reply;
      };
      await Promise.all(
        crowd.map(async (member) => {
          await Promise.all(shared.map((path) => look(member, path)));
          for (const path of own) await look(member, path);
        }),
      );
      expect(cookiesOf.size).toBeGreaterThanOrEqual(CROWD);
      for (const member of crowd) {
        expect((await member.get("/kept/visits")).json()).toEqual({
          id: member.ids[1],
          data: { user: member.user, visits: 3 },
        });
      }
    }, 120_000);

    it("closes its store when the server is asked to end", async () => {
      const { built, folder } = app();
      const path = join(folder, "other.db");
      const store = { NITRO_SESSION_STORE_DRIVER: "sqlite", NITRO_SESSION_STORE_PATH: path };
      const server = await serve(built.output, { NITRO_SESSION_PASSWORD: PASSWORD, ...store });
      const reply = await fetch(`${server.origin}/kept/sign-in?user=ada`);
      expect(reply.status).toBe(200);
      expect(existsSync(`${path}-wal`)).toBe(true);
      expect(await server.end()).toBe(0);
      // SQLite takes it away when the last connection is closed, and a process that ends at once leaves it.
      expect(existsSync(`${path}-wal`)).toBe(false);
    });

    it("keeps a server without a password from starting, and says how to make one", async () => {
      await expect(serve(app().built.output, {})).rejects.toThrow(
        /There is no password for the sessions.*npx ironkeep keys generate/s,
      );
    });
  });
}
