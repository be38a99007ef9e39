import type { MakeSeal } from "./_seals.ts";

/** What a handler does with the session, one after the other. */
export type Operation =
  | { readonly do: "use" | "get" | "clear" | "manager-clear" | "seal" | "read" }
  | { readonly do: "update" | "manager-update"; readonly with?: object }
  | { readonly do: "increment"; readonly key: string }
  | { readonly do: "append-in-place"; readonly key: string; readonly value: unknown }
  | { readonly do: "delete-key"; readonly key: string }
  | { readonly do: "unseal"; readonly token: Token }
  | { readonly do: "app-cookie"; readonly name: string; readonly value: string }
  | { readonly do: "throw"; readonly status: number }
  | { readonly do: "respond"; readonly status: number };

/** A token that is made for both runs at once, so that both see the same one. */
export type Token =
  | { readonly text: string }
  | { readonly payload: unknown; readonly make?: MakeSeal; readonly wrongPassword?: true };

export interface Step {
  readonly operations: readonly Operation[];
  /** Seconds since the script began. */
  readonly at?: number;
  /** Sent in a header, or as the session cookie instead of what the jar holds. */
  readonly header?: { readonly name: string; readonly token: Token };
  readonly cookies?: Readonly<Record<string, string>>;
  readonly sealedCookie?: Token;
  /** A client without the cookies of the steps before. */
  readonly anonymous?: true;
}

export interface Script {
  readonly title: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

export const BEGAN = Date.UTC(2026, 0, 15, 12, 0, 0);

const STORED = { id: "s1", createdAt: BEGAN, data: { user: "ada", n: 1 } };
const sealed = (make: MakeSeal, payload: unknown = STORED): Token => ({ payload, make });
const current = (payload: unknown = STORED): Token => sealed({ generation: 2 }, payload);

const use: Operation = { do: "use" };
const get: Operation = { do: "get" };
const read: Operation = { do: "read" };
const clear: Operation = { do: "clear" };
const set = (update: object): Operation => ({ do: "update", with: update });
const step = (...operations: Operation[]): Step => ({ operations });
const long = (length: number, letter: string): string => letter.repeat(length);

/** Where no repair applies, so that h3 2.0.8 itself says what is right. */
export const SCRIPTS: readonly Script[] = [
  { title: "a session is started and read again", steps: [step(use), step(use), step(get, read)] },
  { title: "getSession alone", steps: [step(get), step(get, read), step(get, use)] },
  {
    title: "updates, their merging and their order",
    steps: [
      step(use, set({ b: 1, a: { x: 1 } })),
      step(use, set({ a: { y: 2 }, c: null })),
      step(use, { do: "manager-update", with: { d: [1, 2] } }, read),
      step(get, { do: "delete-key", key: "b" }, { do: "update" }),
      step(get),
    ],
  },
  {
    title: "updaters",
    steps: [
      step(use, { do: "increment", key: "n" }, { do: "increment", key: "n" }),
      step(use, { do: "append-in-place", key: "list", value: 1 }),
      step(use, { do: "append-in-place", key: "list", value: "two" }, read),
    ],
  },
  { title: "an update without anything", steps: [step({ do: "update" }), step({ do: "update" })] },
  {
    title: "cookie attributes",
    config: {
      name: "app",
      cookie: {
        domain: "example.com",
        path: "/",
        sameSite: "none",
        secure: true,
        httpOnly: false,
        partitioned: true,
        priority: "low",
        maxAge: 60,
      },
    },
    steps: [step(use), step(use, set({ a: 1 })), step(clear)],
  },
  {
    title: "cookies of the app around the session's",
    steps: [
      step(
        { do: "app-cookie", name: "first", value: "1" },
        use,
        { do: "app-cookie", name: "second", value: "2" },
        set({ a: 1 }),
        { do: "app-cookie", name: "h3.theme", value: "dark" },
        set({ b: 1 }),
      ),
    ],
  },
  {
    title: "attributes that cannot be set hurt a write, not a read",
    config: { cookie: { sameSite: "none", secure: false } },
    steps: [
      step(get),
      { header: { name: "x-h3-session", token: current() }, operations: [use, read] },
      { sealedCookie: current(), operations: [use] },
      { anonymous: true, operations: [use] },
    ],
  },
  { title: "cookie: false", config: { cookie: false }, steps: [step(use, set({ a: 1 }), read), step(clear)] },
  {
    title: "maxAge",
    config: { maxAge: 100 },
    steps: [
      step(use, set({ a: 1 })),
      { at: 50, operations: [use, set({ b: 1 })] },
      { at: 100, operations: [use, read] },
      { at: 101, operations: [use, read] },
    ],
  },
  {
    title: "idleTimeout slides past half its window",
    config: { idleTimeout: 100 },
    steps: [
      step(use, set({ a: 1 })),
      { at: 50, operations: [use] },
      { at: 51, operations: [get] },
      { at: 140, operations: [use, read] },
      { at: 241, operations: [use, read] },
    ],
  },
  {
    title: "idleTimeout and maxAge together",
    config: { idleTimeout: 100, maxAge: 180 },
    steps: [step(use), { at: 90, operations: [use] }, { at: 170, operations: [get] }, { at: 181, operations: [use] }],
  },
  {
    title: "chunks grow, shrink and are cleared",
    steps: [
      step(use, set({ text: long(9000, "a") })),
      step(use, read),
      step(use, set({ text: long(4000, "b") })),
      step(use, set({ text: "c" })),
      step(use, set({ text: long(4000, "d") })),
      step(clear),
    ],
  },
  {
    title: "more than a hundred chunks",
    config: { cookie: { chunkMaxLength: 3 } },
    steps: [step(use)],
  },
  ...["0", "-1", "101", "x", ""].map((count) => ({
    title: `a chunk count of "${count}"`,
    steps: [{ cookies: { h3: `__chunked__${count}`, "h3.1": "a" }, operations: [use] }],
  })),
  { title: "clear", steps: [step(use, set({ a: 1 })), step(clear), step(use)] },
  {
    title: "the manager after its clear",
    steps: [step(use, set({ a: 1 })), step(use, { do: "manager-clear" }, read)],
  },
  {
    title: "clear without a session",
    steps: [step(clear), { cookies: { h3: "junk" }, operations: [clear] }],
  },
  {
    title: "a session header",
    config: { name: "App" },
    steps: [
      { header: { name: "X-App-Session", token: current() }, operations: [use, read] },
      { header: { name: "X-App-Session", token: current() }, operations: [use, set({ b: 1 })] },
      { anonymous: true, header: { name: "x-h3-session", token: current() }, operations: [use] },
    ],
  },
  {
    title: "a named session header",
    config: { sessionHeader: "X-Token" },
    steps: [
      { header: { name: "x-token", token: current() }, operations: [use] },
      { anonymous: true, header: { name: "x-h3-session", token: current() }, operations: [use] },
    ],
  },
  {
    title: "no session header",
    config: { sessionHeader: false },
    steps: [{ header: { name: "x-h3-session", token: current() }, operations: [use] }],
  },
  {
    title: "a cookie of generation 1 is sealed again",
    steps: [{ sealedCookie: sealed({ generation: 1 }), operations: [get] }, step(use)],
  },
  {
    title: "legacySealFallback: false",
    config: { legacySealFallback: false },
    steps: [{ sealedCookie: sealed({ generation: 1 }), operations: [use] }],
  },
  {
    title: "generation 1 in a header is read and left alone",
    steps: [{ header: { name: "x-h3-session", token: sealed({ generation: 1 }) }, operations: [use, read] }],
  },
  ...[
    ["junk", { text: "junk" }],
    ["another password", { payload: STORED, make: { generation: 2 }, wrongPassword: true }],
    ["null", current(null)],
    ["a number", current(7)],
    ["no id", current({ createdAt: BEGAN, data: { n: 1 } })],
    ["further fields", current({ ...STORED, tenant: "t1", deep: { x: [1] } })],
    ["an expired seal", sealed({ generation: 2, ttl: -120_000 })],
    ["a seal within the skew", sealed({ generation: 2, ttl: -30_000 })],
  ].map(([title, token]) => ({
    title: `a cookie with ${String(title)}`,
    steps: [{ sealedCookie: token as Token, operations: [use, set({ m: 1 }), read] }],
  })),
  {
    title: "what unsealSession says",
    config: { maxAge: 100 },
    steps: [
      step({ do: "unseal", token: current() }),
      step({ do: "unseal", token: { text: "junk" } }),
      step({ do: "unseal", token: { text: "Fe26.1*******" } }),
      step({ do: "unseal", token: { payload: STORED, make: { generation: 2 }, wrongPassword: true } }),
      step({ do: "unseal", token: sealed({ generation: 2, passwordId: "k1" }) }),
      step({ do: "unseal", token: sealed({ generation: 2, ttl: -120_000 }) }),
      { at: 101, operations: [{ do: "unseal", token: current() }] },
    ],
  },
  { title: "sealSession", config: { idleTimeout: 60 }, steps: [step({ do: "seal" }), step(use, { do: "seal" })] },
  { title: "seal.ttl", config: { seal: { ttl: 5000 } }, steps: [step(use)] },
  ...[404, 500].flatMap((status) => [
    {
      title: `an update, then a thrown ${status}`,
      steps: [
        step({ do: "app-cookie", name: "theme", value: "dark" }, use, set({ a: 1 }), { do: "throw", status }),
        step(use, read),
      ],
    },
    {
      title: `a clear, then a returned ${status}`,
      steps: [step(use, set({ a: 1 })), step(clear, { do: "respond", status }), step(get)],
    },
  ]),
  { title: "a Response of the handler's own", steps: [step(use, set({ a: 1 }), { do: "respond", status: 201 })] },
];
