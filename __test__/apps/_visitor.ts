import { randomUUID } from "node:crypto";

import { type Reply, fetchOverHttp } from "../h3/_http.ts";
import { CookieJar } from "../h3/_jar.ts";
import type { Seen } from "./fixtures/shared/sessions.ts";

/** The session's cookie in all of the apps. */
export const COOKIE = "app";

/** Somebody with a browser: keeps the cookies that come, and sends them. */
export interface Visitor {
  readonly jar: CookieJar;
  get(path: string): Promise<Reply>;
}

export function visitor(origin: string): Visitor {
  const jar = new CookieJar();
  return {
    jar,
    async get(path) {
      const cookie = jar.header(path);
      const reply = await fetchOverHttp(origin, path, { headers: cookie === undefined ? {} : { cookie } });
      jar.store(reply.cookies);
      return reply;
    },
  };
}

/** A visitor with a session of his own. */
export interface Member extends Visitor {
  readonly id: string | null;
}

export async function signIn(somebody: Visitor, user: string): Promise<Member> {
  const { id } = (await somebody.get(`/sign-in?user=${user}`)).json<Seen>();
  return { ...somebody, id };
}

/** An address of the page that no cache has yet. */
export function unmade(path: string): string {
  return `${path}?${randomUUID()}`;
}
