import type { CsrfOptions } from "ironkeep/h3";
import { checkCsrf, checkOrigin, csrfToken, defineCsrfProtection } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { ALLOWED_ORIGIN, BY_HEADERS, HOST, WITH_SAME_SITE, WITH_STRICT, headersOf } from "./_csrf-table.ts";
import { PASSWORD } from "./_passwords.ts";
import { makeSeal } from "./_seals.ts";
import type { Hooks } from "./_sockets.ts";
import { MAJORS, connect, handshake, listen } from "./_sockets.ts";

const FOREIGN = { host: HOST, origin: "https://evil.example" };
const OWN = { host: HOST, origin: "https://app.example" };

interface Counted extends Hooks {
  opened: number;
}

function counted(more: Partial<Hooks>): Counted {
  const hooks: Counted = {
    opened: 0,
    open: () => void (hooks.opened += 1),
    message: () => undefined,
    ...more,
  };
  return hooks;
}

const checked = (options?: CsrfOptions): Counted =>
  counted({ upgrade: (request) => void checkOrigin(request, options) });

for (const [major, optionsOf] of Object.entries(MAJORS)) {
  describe(`a WebSocket handshake [h3 ${major}]`, () => {
    it("of another site's page is refused by checkOrigin with a 403, and no hook runs", async () => {
      const hooks = checked();
      const url = await listen(optionsOf(hooks));
      expect(await handshake(url, FOREIGN)).toBe(403);
      expect(await handshake(url, { ...OWN, "sec-fetch-site": "cross-site" })).toBe(403);
      expect(hooks.opened).toBe(0);
    });

    it("of the own page and of what is no browser is not", async () => {
      const hooks = checked();
      const url = await listen(optionsOf(hooks));
      expect(await handshake(url, OWN)).toBe(101);
      expect(await handshake(url, { host: HOST })).toBe(101);
      expect(await handshake(await listen(optionsOf(checked({ strict: true }))), { host: HOST })).toBe(403);
    });

    for (const [title, options, cells] of [
      ["no option", {}, BY_HEADERS],
      ["allowSameSite", { allowSameSite: true }, WITH_SAME_SITE],
      ["strict", { strict: true }, WITH_STRICT],
    ] as const) {
      it(`is judged by the headers as docs/csrf.md says: ${title}`, async () => {
        const url = await listen(optionsOf(checked({ allowedOrigins: [ALLOWED_ORIGIN], ...options })));
        for (const cell of cells) {
          const status = await handshake(url, { host: HOST, ...headersOf(cell) });
          expect({ ...cell, status }).toEqual({ ...cell, status: cell.expected === "allowed" ? 101 : 403 });
        }
      });
    }

    it("leaves the server up when it is refused", async () => {
      const url = await listen(optionsOf(checked()));
      for (let count = 0; count < 5; count += 1) expect(await handshake(url, FOREIGN)).toBe(403);
      expect(await handshake(url, OWN)).toBe(101);
    });

    it("is judged by checkCsrf in later hooks too, and a token is given there for a session that is", async () => {
      const config = { password: PASSWORD };
      const attempt = (work: Promise<unknown>): Promise<unknown> =>
        work.then(
          (value) => typeof value,
          (error: { code?: string }) => error.code,
        );
      const hooks = counted({
        async open(peer) {
          const check = await attempt(checkCsrf(peer, { session: config }));
          peer.send(JSON.stringify([check, await attempt(csrfToken(peer, config))]));
        },
      });
      const url = await listen(optionsOf(hooks));
      const cookie = `h3=${await makeSeal({ id: "s1", createdAt: Date.now(), data: {} }, PASSWORD)}`;
      for (const [headers, expected] of [
        // Newer Nodes' own client lets nobody choose the Host.
        [{ origin: new URL(url).origin.replace(/^ws/, "http"), cookie }, ["undefined", "string"]],
        [{ origin: FOREIGN.origin }, ["ERR_CSRF", "ERR_READ_ONLY"]],
      ] as const) {
        const client = await connect(url, headers);
        expect(await client.next()).toEqual(expected);
        client.close();
      }
    });
  });
}

describe("a WebSocket handshake through the middleware [h3 v2]", () => {
  it("finds no hooks when it comes from another site", async () => {
    const hooks = counted({});
    const url = await listen(MAJORS.v2(hooks, defineCsrfProtection()));
    await handshake(url, FOREIGN);
    expect(hooks.opened).toBe(0);
    expect(await handshake(url, OWN)).toBe(101);
    expect(hooks.opened).toBe(1);
  });
});
