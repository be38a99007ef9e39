import { toExchange, type Exchange } from "../_h3.js";
import { readSessionCookie } from "../cookies.js";
import { sessionRequest } from "../request.js";
import { getSession } from "../session.js";
import { sessionHeader, sessionName } from "../session-config.js";
import { liveOf } from "../state.js";
import type { Session, SessionConfig, SessionEvent } from "../types.js";

/** The tokens that a request came with: that of the header, that of the cookie. */
export function tokensOf(exchange: Exchange, config: SessionConfig): readonly string[] {
  const name = sessionName(config);
  const header = sessionHeader(config, name);
  const tokens = [header && exchange.header(header), readSessionCookie(exchange.header("cookie"), name)];
  return tokens.filter((token): token is string => token !== undefined && token !== "");
}

/** The session that a request came with: not one that begins with it. */
export async function presentedSession(
  event: SessionEvent,
  config: SessionConfig,
): Promise<Session | "INVALID_SESSION" | "MISSING_SESSION"> {
  const exchange = toExchange(event);
  if (tokensOf(exchange, config).length === 0) return "MISSING_SESSION";
  const session = await getSession(event, config);
  const request = sessionRequest(exchange, config);
  if (!request || !session.id) return "INVALID_SESSION";
  return liveOf(request, sessionName(config)).startedHere ? "INVALID_SESSION" : session;
}
