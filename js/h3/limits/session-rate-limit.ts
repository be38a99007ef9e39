import type { LimitCounts, RateLimiter } from "../../limit/types.js";
import { toExchange } from "../_h3.js";
import { attachment } from "../attached.js";
import type { Session, SessionConfig, SessionEvent } from "../types.js";
import { refuse, refusalOf, tell } from "./answer.js";
import { addressText, clientOf } from "./client-address.js";
import { decide } from "./decide.js";
import { checkKeys, type Plan, readChoice, readFunction, readPlan, wrong } from "./plan.js";
import { presentedSession } from "./presented.js";
import type { RateLimitDecision, RateLimitOptions } from "./types.js";

/** The options of a limit on what a session may spend. */
export interface SessionRateLimitOptions<E = SessionEvent> extends Pick<
  RateLimitOptions<E>,
  "address" | "cost" | "dryRun" | "fields" | "limiter" | "onLimited" | "quota"
> {
  /** The session, sealed or in a store. With `idleTimeout` it ends that long after the last request that came with it. */
  readonly session: SessionConfig;
  /** What the limit is called. @default "session" */
  readonly name?: string | undefined;
  /** Whose tokens they are: each session's, or all sessions' of a user together. @default "session" */
  readonly by?: "session" | "user" | undefined;
  /** The header that may carry the session's token instead of the cookie, or `false`. @default "x-session-id" */
  readonly sessionHeader?: string | false | undefined;
  /** The organisation of a session. @default `orgId` of its data, where that is a text */
  readonly orgId?: ((session: Session) => string | undefined) | undefined;
}

/** A session, and what it has spent. */
export interface LimitedSession {
  /** No credential: a header takes the signed form alone. */
  readonly id: string;
  readonly userId: string | undefined;
  readonly orgId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tokens: {
    /** How many tokens the session may have at once: the burst of the quota. */
    readonly issued: number;
    /** How many of these are spent and have not come back. */
    readonly consumed: number;
  };
  /** Of this request. */
  readonly metadata: {
    readonly address: string | undefined;
    readonly userAgent: string | undefined;
    readonly route: string | undefined;
  };
}

/** What a request without a session, or with too many requests, is told. */
export type SessionRateLimitCode =
  | "INVALID_SESSION"
  | "MISSING_SESSION"
  | "RATE_LIMIT_EXCEEDED"
  | "RATE_LIMIT_UNAVAILABLE";

/** What came of a request, or of a message of a WebSocket. */
export type SessionRateLimitResult =
  | { readonly allowed: true; readonly session: LimitedSession; readonly decision: RateLimitDecision }
  | { readonly allowed: false; readonly code: "INVALID_SESSION" | "MISSING_SESSION" }
  | {
      readonly allowed: false;
      readonly code: "RATE_LIMIT_EXCEEDED" | "RATE_LIMIT_UNAVAILABLE";
      readonly session: LimitedSession;
      readonly decision: RateLimitDecision;
    };

/** What {@link defineSessionRateLimit} gives: a middleware for h3 v1 and v2. */
export interface SessionRateLimit<E = SessionEvent> {
  /** The body of a refusal, whose status and headers are set; `undefined` for a request that may go on. */
  (event: E): Promise<string | undefined>;
  /** h3 v1's mark of an event handler. */
  readonly __is_handler__: true;
  /** Puts the limit in front of a handler, which is given the session too. */
  wrap<H extends E, R>(
    handler: (event: H, session: LimitedSession) => R,
  ): ((event: H) => Promise<Awaited<R> | string>) & { readonly __is_handler__: true };
  /** Spends the tokens of a request, or of a message of a WebSocket peer, and says what came of it. */
  check(event: E): Promise<SessionRateLimitResult>;
  readonly limiter: RateLimiter;
  counts(): Readonly<Record<string, LimitCounts>>;
}

const KEYS: ReadonlySet<string> = new Set<keyof SessionRateLimitOptions>([
  "address",
  "by",
  "cost",
  "dryRun",
  "fields",
  "limiter",
  "name",
  "onLimited",
  "orgId",
  "quota",
  "session",
  "sessionHeader",
]);

const REFUSED = {
  MISSING_SESSION: "The request has no session: sign in, and send its cookie or its signed form in the header",
  INVALID_SESSION: "The session is not valid or has ended: sign in again",
} as const;

/** More of a user agent is no name. */
const MAX_USER_AGENT = 512;

const limited = attachment<{ session: LimitedSession | undefined }>();

/**
 * Makes a middleware that lets only requests with a session through, and counts what each session spends. Requests are answered
 * with `{ error: { code, message } }`: 401 `MISSING_SESSION`, 401 `INVALID_SESSION`, 429 `RATE_LIMIT_EXCEEDED`,
 * and 503 `RATE_LIMIT_UNAVAILABLE` where a limiter refuses everything in an outage.
 *
 * The session is that of the cookie or of the header, in the signed or sealed form alone: an id proves nothing. No two requests
 * spend one token, however they overlap.
 *
 * @throws `ERR_CONFIG` for options that do not exist or have the wrong form. Requests: what `getSession` throws when a store or
 * a ring does not answer, which is no `INVALID_SESSION`.
 */
export function defineSessionRateLimit<E extends SessionEvent = SessionEvent>(
  options: SessionRateLimitOptions<E>,
): SessionRateLimit<E> {
  const { plan, config, orgId } = readOptions(options);
  const check = (event: SessionEvent) => checkSession(event, plan, config, orgId);
  const answered = async (event: SessionEvent): Promise<string | undefined> => answer(event, await check(event), plan);
  const wrap = <H extends SessionEvent, R>(handler: (event: H, session: LimitedSession) => R) => {
    const wrapped = async (event: H): Promise<Awaited<R> | string> => {
      const result = await check(event);
      return result.allowed ? await handler(event, result.session) : (answer(event, result, plan) ?? "");
    };
    return Object.assign(wrapped, { __is_handler__: true as const });
  };
  const counts = (): Readonly<Record<string, LimitCounts>> => plan.limiter.counts();
  return Object.assign(answered, { __is_handler__: true as const, wrap, check, limiter: plan.limiter, counts });
}

/** The session of a request that {@link defineSessionRateLimit} let through, with what it has spent. */
export function limitedSession(event: SessionEvent): LimitedSession | undefined {
  return limited.of(toExchange(event).owner)?.session;
}

type OrgId = (session: Session) => string | undefined;

function readOptions(options: SessionRateLimitOptions<never>): {
  plan: Plan;
  config: () => SessionConfig;
  orgId: OrgId;
} {
  if (typeof options !== "object" || options === null)
    throw wrong("options", "an object, with a `session` and a `quota`");
  checkKeys(options, KEYS, "session rate limit");
  const { session, sessionHeader = "x-session-id", by, orgId, name, ...rest } = options;
  if (typeof session !== "object" || session === null) throw wrong("session", "the configuration of a session");
  if (sessionHeader !== false && (typeof sessionHeader !== "string" || !/^[\w-]+$/.test(sessionHeader))) {
    throw wrong("sessionHeader", "the name of a header, or false");
  }
  let read: SessionConfig | undefined;
  // By the first request: Nitro loads middlewares before it knows the configuration.
  const config = (): SessionConfig => (read ??= { ...session, sessionHeader });
  const whose = readChoice(by, "by", ["session", "user"]);
  const key = (event: SessionEvent): string | undefined => {
    const found = limitedSession(event);
    return whose === "user" && found?.userId ? `user:${found.userId}` : found && `session:${found.id}`;
  };
  // A text of its own: `name` may be the one of a limiter, and `whenMissing` never matters, since there is a session.
  const plan = readPlan({
    ...rest,
    by: key,
    body: "error",
    name: name ?? options.limiter?.policies[0]?.name ?? "session",
  });
  return { plan, config, orgId: (readFunction(orgId, "orgId") as OrgId | undefined) ?? orgIdOf };
}

async function checkSession(
  event: SessionEvent,
  plan: Plan,
  config: () => SessionConfig,
  orgId: OrgId,
): Promise<SessionRateLimitResult> {
  const presented = await presentedSession(event, config());
  if (typeof presented === "string") return { allowed: false, code: presented };
  const exchange = toExchange(event);
  const client = clientOf(exchange, plan.address);
  const { id, createdAt, userId } = presented;
  const known = {
    id,
    createdAt,
    userId: typeof userId === "string" && userId !== "" ? userId : undefined,
    orgId: orgId(presented),
    metadata: {
      address: client && addressText(client, plan.address),
      userAgent: exchange.header("user-agent")?.slice(0, MAX_USER_AGENT),
      route: exchange.route,
    },
  };
  const kept = keptOf(exchange.owner);
  // What the key is made of; the tokens are not known before they are asked for.
  kept.session = { ...known, tokens: { issued: 0, consumed: 0 } };
  const verdict = await decide(event, plan);
  const { decision } = verdict;
  tell(verdict);
  const session = { ...known, tokens: { issued: decision.limit, consumed: decision.limit - decision.remaining } };
  kept.session = session;
  if (decision.allowed) return { allowed: true, session, decision };
  const code = decision.outcome === "unavailable" ? "RATE_LIMIT_UNAVAILABLE" : "RATE_LIMIT_EXCEEDED";
  return { allowed: false, code, session, decision };
}

function keptOf(owner: object): { session: LimitedSession | undefined } {
  let kept = limited.of(owner);
  if (!kept) {
    kept = { session: undefined };
    limited.put(owner, kept);
  }
  return kept;
}

function orgIdOf({ data }: Session): string | undefined {
  const orgId: unknown = data["orgId"];
  return typeof orgId === "string" ? orgId : undefined;
}

function answer(event: SessionEvent, result: SessionRateLimitResult, plan: Plan): string | undefined {
  if (result.allowed) return undefined;
  const exchange = toExchange(event);
  if ("decision" in result) return refuse(exchange, refusalOf(result.decision, plan.answers));
  const { code } = result;
  const headers = { "cache-control": "no-store", "content-type": "application/json" };
  const body = { error: { code, message: REFUSED[code] } };
  return refuse(exchange, { status: 401, text: "Unauthorized", headers, body });
}
