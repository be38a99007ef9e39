import { expect, it } from "vitest";

import { COOKIE, type Member, type Visitor, unmade } from "./_visitor.ts";

interface People {
  newcomer(): Visitor;
  signedIn(user: string): Promise<Member>;
}

/** What Nitro does with the Set-Cookie of a middleware when the cached handler behind it runs, and what we promise then. */
export const middlewareCookieTests = {
  set({ newcomer, signedIn }: People): void {
    it("is cached for all, and each gets the cookie of the own session", async () => {
      const [ada, bob, guest] = [await signedIn("ada"), await signedIn("bob"), newcomer()];
      const page = unmade("/members/cached");
      const pages = new Set<string>();
      for (const somebody of [ada, bob, guest]) {
        const reply = await somebody.get(page);
        pages.add(reply.text);
        expect(reply.cookieNames()).toEqual([COOKIE]);
      }
      expect(pages.size).toBe(1);
      const seen = await Promise.all([ada, bob, guest].map((one) => one.get("/members/plain")));
      expect(seen.map((reply) => reply.json<unknown>())).toEqual([
        { id: ada.id, data: { user: "ada", views: 2 } },
        { id: bob.id, data: { user: "bob", views: 2 } },
        { id: expect.any(String), data: { views: 2 } },
      ]);
    });
  },

  /** Nitro 3's own doing: every Set-Cookie that is there when a cached handler has run is taken off. */
  dropped({ signedIn }: People): void {
    it("gives nobody a cookie, so that what the middleware wrote is lost, and the session is not", async () => {
      const ada = await signedIn("ada");
      expect((await ada.get(unmade("/members/cached"))).setCookies).toEqual([]);
      expect((await ada.get("/members/plain")).json()).toEqual({ id: ada.id, data: { user: "ada", views: 1 } });
    });
  },

  /** Nitro 3.0.0 keeps it in the cache and gives it to everybody, whoever set it: there is nothing that we could promise. */
  shared(): void {},
};
