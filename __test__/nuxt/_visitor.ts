import { type Reply, type RequestInput, fetchOverHttp } from "../h3/_http.ts";
import { CookieJar } from "../h3/_jar.ts";

/** The cookie of the sessions, where the app says nothing else. */
export const COOKIE = "nuxt-session";
/** Where the browser asks for its session. */
export const SESSION_ROUTE = "/api/_ironkeep/session";

/** Somebody with a browser: keeps the cookies that come, and sends them. */
export class Visitor {
  readonly jar: CookieJar;
  readonly #origin: string;

  constructor(origin: string, jar = new CookieJar()) {
    this.#origin = origin;
    this.jar = jar;
  }

  async fetch(path: string, input: RequestInput = {}): Promise<Reply> {
    const cookie = this.jar.header(path);
    const headers = { ...input.headers, ...(cookie === undefined ? {} : { cookie }) };
    const reply = await fetchOverHttp(this.#origin, path, { ...input, headers });
    this.jar.store(reply.cookies);
    return reply;
  }

  /** Loads a page, as the address bar of a browser does. */
  page(path: string): Promise<Reply> {
    return this.fetch(path, { headers: { "sec-fetch-dest": "document", accept: "text/html" } });
  }

  post(path: string, body: object = {}): Promise<Reply> {
    const headers = { "content-type": "application/json", origin: this.#origin };
    return this.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** What the browser is told of the session. */
  async session<T>(): Promise<T> {
    return (await this.fetch(SESSION_ROUTE)).json<T>();
  }
}
