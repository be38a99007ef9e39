import { emptyData } from "../data.js";
import type { SealedSession, StoredSession } from "../sessions/engine.js";
import type { StandardSchemaV1 } from "../standard-schema.js";
import type { SessionStore } from "../store/types.js";
import type { Exchange } from "./_h3.js";
import { attachment } from "./attached.js";
import type { SessionRevocation } from "./revocation.js";
import type { HeadersLike, Session, SessionConfig, SessionEvent } from "./types.js";

/** One session within one request. */
export interface Live {
  /** The session, once it is asked for. */
  session: Session | undefined;
  /** The read of the cookie, while it is under way. */
  loading: Promise<Session> | undefined;
  /** Whether the session exists in this request alone, and no cookie was set for it. */
  isNew: boolean;
  /** Whether the session began with this request, and not with a token of it, also once its cookie is set. */
  startedHere: boolean;
  /** Whether the request came with a token that none of our keys made. */
  hasForged: boolean;
  /** The configuration by which the session was found good. */
  admittedBy: SessionConfig | undefined;
  /** The write of a new session's first cookie, while it is under way. */
  issuing: Promise<void> | undefined;
  /** Whether it was cleared: the request's cookie is not read again, and nothing is set before an explicit write. */
  cleared: boolean;
  /** What was cleared last: `undefined` when it was not read by then, `null` when no cookie held it. */
  left: Session | null | undefined;
  /** The Set-Cookie lines that the session has in the response. */
  staged: readonly string[];
  /** How often the session was made into text, and which of these texts is in the response. */
  texts: number;
  sent: number;
  /** The last async updater, while it is under way. */
  updating: Promise<void> | undefined;
  /** Of a session that is kept in a store: what the store has, and what the handlers see of it. */
  kept: Kept | undefined;
  /** The read of that, while it is under way. */
  opening: Promise<void> | undefined;
  /** The end of that, while it is under way: nobody gets the session meanwhile. */
  ending: Promise<void> | undefined;
}

/** A stored session within one request. */
export interface Kept {
  readonly session: StoredSession;
  /** The sealed session that it was imported from. */
  readonly seal?: SealedSession | undefined;
  readonly view: Session;
  readonly store: SessionStore;
  /** Whether sealed sessions were looked for. */
  readonly migrates: boolean;
  /** The schema by which the data was found good. */
  schema: StandardSchemaV1 | undefined;
  /** The revocation by which the sealed session was found good. */
  revocation: SessionRevocation | undefined;
}

interface RequestState {
  /** The headers of the request that the state was opened on, where they can be replaced. */
  readonly headers: HeadersLike | undefined;
  readonly sessions: Map<string, Live>;
  /** The request that this one is part of. */
  readonly outer: SessionEvent | undefined;
  /** Whether a page is made for everybody: it is prerendered, or asks on behalf of one that is cached. */
  readonly isForEverybody: boolean;
}

const states = attachment<RequestState>();

/** Begins the state of a request, as it is now. One that has begun stays as it is. */
export function begin(exchange: Exchange, outer?: SessionEvent, isForEverybody = false): RequestState {
  let state = states.of(exchange.owner);
  if (!state) {
    const isPrerendered = exchange.header("x-nitro-prerender") !== undefined;
    const { headers } = exchange;
    state = { headers, sessions: new Map(), outer, isForEverybody: isForEverybody || isPrerendered };
    states.put(exchange.owner, state);
  }
  return state;
}

/** The request that this one was recorded as a part of. */
export function outerOf(exchange: Exchange): SessionEvent | undefined {
  return states.of(exchange.owner)?.outer;
}

/** The state of a session within this request. */
export function liveOf(exchange: Exchange, name: string): Live {
  const state = begin(exchange);
  let live = state.sessions.get(name);
  if (!live) {
    live = {
      session: undefined,
      loading: undefined,
      isNew: false,
      startedHere: false,
      hasForged: false,
      admittedBy: undefined,
      issuing: undefined,
      cleared: false,
      left: undefined,
      staged: [],
      texts: 0,
      sent: 0,
      updating: undefined,
      kept: undefined,
      opening: undefined,
      ending: undefined,
    };
    state.sessions.set(name, live);
  }
  return live;
}

/**
 * Whether the event is inside a cached or prerendered handler, whose answer goes to other people too.
 *
 * nitropack runs a cached handler on a new event over the same context, which it marks. The caches of Nitro 3 put a
 * request with fewer headers into the same event; h3 itself replaces requests too, by proxies over the same headers. The
 * networks of platforms tell nothing, but rules for routes do. The prerenderers say so in a header: a visitor who sends it only signs himself out of one request.
 */
export function isInsideCache(exchange: Exchange): boolean {
  if (exchange.isNarrowed || isKeptByPlatform(exchange.context)) return true;
  const state = states.of(exchange.owner);
  if (state) return state.isForEverybody || state.headers !== exchange.headers;
  const { cache } = exchange.context;
  const isCached = typeof cache === "object" && cache !== null && "options" in cache;
  return isCached || exchange.header("x-nitro-prerender") !== undefined;
}

/**
 * Whether the route has Nitro's rule `isr`: its pages are kept by the platform's network, cookies and all. Elsewhere they are made
 * anew each time, and yet have no session: an app that was tried there would not be safe on the platform.
 */
function isKeptByPlatform(context: Exchange["context"]): boolean {
  const { routeRules, _nitro } = context as { routeRules?: RouteRules; _nitro?: { routeRules?: RouteRules } };
  return Boolean((routeRules ?? _nitro?.routeRules)?.isr);
}

interface RouteRules {
  readonly isr?: unknown;
}

/** A new, empty session that no cookie holds. */
export function emptySession(): Session {
  return { id: "", createdAt: 0, data: emptyData() };
}

/** Shows the session to readers of `context.sessions`, as h3 does. */
export function mirror(exchange: Exchange, name: string, session: Session | undefined): void {
  const context = exchange.context as { sessions?: Record<string, Session> };
  context.sessions ??= Object.create(null) as Record<string, Session>;
  if (session) context.sessions[name] = session;
  else delete context.sessions[name];
}
