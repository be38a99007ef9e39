import { debug } from "../../debug.js";
import { isIronkeepError } from "../../errors.js";
import {
  importSealed,
  newSession,
  openSession,
  type SealedSession,
  type StoredSession,
  touchSession,
} from "../../sessions/engine.js";
import { readSessionCookie } from "../cookies.js";
import { authentic } from "../opening.js";
import { sessionHeader, sessionSealer } from "../session-config.js";
import { emptyData } from "../../data.js";
import { emptySession, mirror } from "../state.js";
import type { Session } from "../types.js";
import { isCurrent, type StoredCall } from "./call.js";
import { giveCookie } from "./cookie.js";

/** `<kid>.<id>.<MAC>`: what no seal looks like. */
const SIGNED_ID = /^\w+\.[\w-]{46}\.[\w-]{22}$/;

/** What a request came with. */
interface Presented {
  readonly session: StoredSession;
  /** The sealed session that it was imported from, in this request or before. */
  readonly seal?: SealedSession | undefined;
}

/** The session of this request, from its state or its token. */
export async function open(call: StoredCall): Promise<StoredSession> {
  const { live } = call;
  // A socket outlives requests: what it has is what the store has now.
  if (live.kept && !call.exchange.isSocket) return live.kept.session;
  live.opening ??= present(call).finally(() => {
    live.opening = undefined;
  });
  return live.opening;
}

async function present(call: StoredCall): Promise<StoredSession> {
  const { live } = call;
  const isCleared = live.cleared;
  const presented = isCleared ? { session: newSession() } : await find(call);
  // It was cleared while it was read: what was read is nobody's any more.
  const kept = live.cleared === isCleared ? presented : { session: newSession() };
  live.kept = { ...kept, view: emptySession() };
  show(call);
  await refresh(call, kept.session);
  return kept.session;
}

/** The session of the header's token, else that of the cookie's. */
async function find(call: StoredCall): Promise<Presented> {
  const { exchange, config, name } = call;
  const header = sessionHeader(config, name);
  const token = header && exchange.header(header);
  const fromHeader = token ? await presentedBy(call, token) : undefined;
  if (fromHeader && fromHeader.session.status !== "new") return fromHeader;
  const cookie = readSessionCookie(exchange.header("cookie"), name);
  return cookie ? presentedBy(call, cookie) : { session: newSession() };
}

async function presentedBy(call: StoredCall, token: string): Promise<Presented> {
  const { exchange, config, name, live, stored } = call;
  if (SIGNED_ID.test(token)) return { session: await openSession(stored, token) };
  if (!stored.migrate) return { session: newSession() };
  const sealer = sessionSealer(config, exchange.major);
  const opened = await authentic({ exchange, config, name, live, sealer }, token);
  if (!opened?.session) return { session: newSession() };
  return { session: await importSealed(stored, opened.session), seal: opened.session };
}

/** Begins the idle time again where it is due, and sets the cookie where that has to be another. */
async function refresh(call: StoredCall, session: StoredSession): Promise<void> {
  if (session.status !== "stored") return;
  try {
    await touchSession(call.stored, session);
  } catch (error) {
    // It was there a moment ago, which is what was asked.
    debug(`the session "${call.name}" could not be touched: ${isIronkeepError(error) ? error.code : "unknown"}`);
  }
  if (!isCurrent(call, session)) return;
  show(call);
  await giveCookie(call, session);
}

/** Brings what the handlers see up to the state of the session. */
export function show(call: StoredCall): Session {
  const { live, exchange, name } = call;
  if (!live.kept) return emptySession();
  const { session, view } = live.kept;
  const isThere = session.status !== "ended";
  const { createdAt, lastSeenAt, userId, authenticatedAt } = session;
  Object.assign(view, {
    id: isThere ? session.id : "",
    createdAt,
    lastSeenAt,
    // What ended is nobody's to read.
    data: isThere ? session.data : emptyData(),
    userId: isThere ? userId : undefined,
    authenticatedAt: isThere ? authenticatedAt : undefined,
  });
  live.session = view;
  mirror(exchange, name, view);
  return view;
}
