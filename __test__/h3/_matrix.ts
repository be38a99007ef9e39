import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Handler, Major, Middleware, ResponseTools, Target, TestApp } from "./_app.ts";
import { createTestApp } from "./_app.ts";
import type { Reply, RequestInput } from "./_http.ts";
import { CookieJar } from "./_jar.ts";

export type { Handler, MatrixEvent } from "./_app.ts";

/** A client that keeps cookies, as a browser does. */
export interface Browser {
  readonly jar: CookieJar;
  request(path: string, input?: RequestInput): Promise<Reply>;
}

export interface MatrixContext extends ResponseTools {
  readonly major: Major;
  readonly target: Target;
  /** Errors that reached h3's `onError` in this test. */
  readonly errors: readonly Error[];
  /** What was written to `console.error` in this test: h3 1 prints unhandled errors there. */
  readonly logged: readonly string[];
  route(path: string, handler: Handler): void;
  route(method: string, path: string, handler: Handler): void;
  middleware(handler: Handler): void;
  use(middleware: Middleware): void;
  request(path: string, input?: RequestInput): Promise<Reply>;
  browser(jar?: CookieJar): Browser;
}

export interface MatrixTools {
  readonly it: typeof it;
  readonly expect: typeof expect;
}

const COMBINATIONS: readonly (readonly [Major, Target])[] = [
  [1, "in process"],
  [1, "real server"],
  [2, "in process"],
  [2, "real server"],
];

/**
 * Runs the same body over both majors of h3, in process and behind a real Node server. `only` is
 * for what exists on one major alone.
 */
export function describeMatrix(name: string, body: (t: MatrixContext, tools: MatrixTools) => void, only?: Major): void {
  for (const [major, target] of COMBINATIONS) {
    if (only !== undefined && only !== major) continue;
    describe(`${name} [h3 v${major}, ${target}]`, () => {
      const context = new AppPerTest(major, target);
      beforeEach(() => context.open());
      afterEach(() => context.close());
      body(context, { it, expect });
    });
  }
}

class AppPerTest implements MatrixContext {
  #app: TestApp | undefined;
  #errors: Error[] = [];
  #logged: string[] = [];

  constructor(
    readonly major: Major,
    readonly target: Target,
  ) {}

  get errors(): readonly Error[] {
    return this.#errors;
  }

  get logged(): readonly string[] {
    return this.#logged;
  }

  get #current(): TestApp {
    if (this.#app === undefined) throw new Error("routes and requests belong inside a test");
    return this.#app;
  }

  open(): void {
    const errors: Error[] = [];
    const logged: string[] = [];
    this.#errors = errors;
    this.#logged = logged;
    this.#app = createTestApp(this.major, this.target, (error) => errors.push(error));
    vi.spyOn(console, "error").mockImplementation((...args: unknown[]) => {
      logged.push(args.map(String).join(" "));
    });
  }

  async close(): Promise<void> {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    await this.#app?.close();
    this.#app = undefined;
  }

  route(...args: [string, Handler] | [string, string, Handler]): void {
    if (args.length === 2) this.#current.route(undefined, args[0], args[1]);
    else this.#current.route(args[0], args[1], args[2]);
  }

  middleware(handler: Handler): void {
    this.#current.middleware(handler);
  }

  use(middleware: Middleware): void {
    this.#current.use(middleware);
  }

  request(path: string, input: RequestInput = {}): Promise<Reply> {
    return this.#current.request(path, input);
  }

  browser(jar = new CookieJar()): Browser {
    return {
      jar,
      request: async (path, input = {}) => {
        const cookie = jar.header(path);
        const headers = cookie === undefined ? { ...input.headers } : { cookie, ...input.headers };
        const reply = await this.request(path, { ...input, headers });
        jar.store(reply.cookies);
        return reply;
      },
    };
  }

  setStatus: ResponseTools["setStatus"] = (...args) => this.#current.tools.setStatus(...args);
  setHeader: ResponseTools["setHeader"] = (...args) => this.#current.tools.setHeader(...args);
  setAppCookie: ResponseTools["setAppCookie"] = (...args) => this.#current.tools.setAppCookie(...args);
  httpError: ResponseTools["httpError"] = (...args) => this.#current.tools.httpError(...args);
  isHttpError: ResponseTools["isHttpError"] = (...args) => this.#current.tools.isHttpError(...args);
}
