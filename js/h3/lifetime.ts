import type { Session, SessionConfig } from "./types.js";

/** A session whose idle time is used up to this share is sealed anew. */
const SLIDE_THRESHOLD = 0.5;

/** The times of a session, which came out of a token and may be anything. */
type Times = Pick<Partial<Session>, "createdAt" | "lastSeenAt">;

/** Whether a session has passed its `maxAge` or its `idleTimeout`. One without a date has. */
export function isExpired(session: Times | null | undefined, config: SessionConfig, now: number): boolean {
  const created = session?.createdAt || Number.NEGATIVE_INFINITY;
  if (config.maxAge && now - created > config.maxAge * 1000) return true;
  return Boolean(config.idleTimeout && now - (session?.lastSeenAt || created) > config.idleTimeout * 1000);
}

/** Whether the session has to be sealed anew to live on. */
export function shouldSlide(session: Times, config: SessionConfig, now: number): boolean {
  if (!config.idleTimeout) return false;
  return now - (session.lastSeenAt || session.createdAt || 0) > config.idleTimeout * 1000 * SLIDE_THRESHOLD;
}

/** When the cookie goes: at the earlier of both ends. */
export function expiryOf(session: Session, config: SessionConfig): Date | undefined {
  const { createdAt, lastSeenAt } = session;
  let end = Number.POSITIVE_INFINITY;
  if (config.maxAge) end = Math.min(end, createdAt + config.maxAge * 1000);
  if (config.idleTimeout) end = Math.min(end, (lastSeenAt || createdAt) + config.idleTimeout * 1000);
  return end === Number.POSITIVE_INFINITY ? undefined : new Date(end);
}

/** How far the clocks of a fleet may differ, in milliseconds. Fe26.2 allows seals as much. */
const CLOCK_SKEW = 60_000;

/** When the last token of a session is no longer good, whichever of its copies is shown. `Infinity`: never. */
export function lastEnd(session: Times, config: SessionConfig, now: number): number {
  let end = Number.POSITIVE_INFINITY;
  const created = Number(session.createdAt);
  if (config.maxAge && created) end = Math.min(end, created + config.maxAge * 1000);
  // A parallel request may seal a copy until now.
  if (config.idleTimeout) end = Math.min(end, now + config.idleTimeout * 1000);
  return end + CLOCK_SKEW;
}
