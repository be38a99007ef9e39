import type { SetCookie } from "./_cookies.ts";
import { expiresOf } from "./_cookies.ts";

/**
 * What a browser would keep. `Secure` is ignored, as browsers do for localhost; a cookie with an
 * empty value is kept, as browsers do: only `Max-Age` and `Expires` delete.
 */
export class CookieJar {
  readonly #cookies = new Map<string, { cookie: SetCookie; expires: number }>();
  readonly #keepsExpired: boolean;

  /** `keepsExpired` is a client that ignores every limit, so that only the server judges ages. */
  constructor(options: { readonly keepsExpired?: boolean } = {}) {
    this.#keepsExpired = options.keepsExpired ?? false;
  }

  store(cookies: Iterable<SetCookie>): void {
    for (const cookie of cookies) {
      const key = jarKey(cookie);
      const expires = this.#keepsExpired ? Number.POSITIVE_INFINITY : expiryOf(cookie);
      if (expires <= Date.now()) this.#cookies.delete(key);
      else this.#cookies.set(key, { cookie, expires });
    }
  }

  /** Puts a cookie in by hand, as if it had been set with `Path=/`. */
  set(name: string, value: string): void {
    const attributes = new Map([["path", "/"]]);
    this.store([{ line: `${name}=${value}; Path=/`, name, value, attributes }]);
  }

  /** Another browser with the same cookies. */
  clone(): CookieJar {
    const jar = new CookieJar({ keepsExpired: this.#keepsExpired });
    jar.store(this.#live());
    return jar;
  }

  remove(name: string): void {
    for (const [key, { cookie }] of this.#cookies) {
      if (cookie.name === name) this.#cookies.delete(key);
    }
  }

  get(name: string): SetCookie | undefined {
    return this.#live().find((cookie) => cookie.name === name);
  }

  /** The value of a cookie that must be there. */
  value(name: string): string {
    const cookie = this.get(name);
    if (cookie === undefined) throw new Error(`the jar has no cookie "${name}"`);
    return cookie.value;
  }

  get names(): string[] {
    return this.#live()
      .map((cookie) => cookie.name)
      .toSorted();
  }

  header(path = "/"): string | undefined {
    const sent = this.#live().filter((cookie) => path.startsWith(pathOf(cookie)));
    if (sent.length === 0) return undefined;
    return sent.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
  }

  #live(): SetCookie[] {
    const now = Date.now();
    return [...this.#cookies.values()].filter(({ expires }) => expires > now).map(({ cookie }) => cookie);
  }
}

function jarKey(cookie: SetCookie): string {
  return [cookie.name, cookie.attributes.get("domain") ?? "", pathOf(cookie)].join(";");
}

function pathOf(cookie: SetCookie): string {
  return cookie.attributes.get("path") ?? "/";
}

function expiryOf(cookie: SetCookie): number {
  const maxAge = cookie.attributes.get("max-age");
  if (maxAge !== undefined) return Number(maxAge) <= 0 ? 0 : Date.now() + Number(maxAge) * 1000;
  return expiresOf(cookie) ?? Number.POSITIVE_INFINITY;
}
