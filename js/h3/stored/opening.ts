import { emptyData } from "../../data.js";
import { debug } from "../../debug.js";
import { ironkeepError, isIronkeepError } from "../../errors.js";
import { validated, validatedNow } from "../../schema.js";
import {
  destroySession,
  endSealed,
  importSealed,
  newSession,
  openSession,
  type SealedSession,
  type StoredSession,
  touchSession,
} from "../../sessions/engine.js";
import { isRevoked } from "../admission.js";
import { readSessionCookie } from "../cookies.js";
import { authentic } from "../opening.js";
import { sessionHeader, sessionSealer } from "../session-config.js";
import { emptySession, type Kept } from "../state.js";
import type { Session } from "../types.js";
import { isCurrent, show, type StoredCall } from "./call.js";
import { giveCookie, requireRoom, takeCookie } from "./cookie.js";

/** `<kid>.<id>.<MAC>`: what no seal looks like. */
const SIGNED_ID = /^\w+\.[\w-]{46}\.[\w-]{22}$/;

/** What a request came with. */
type Presented = Pick<Kept, "seal" | "session"> & { readonly isFromHeader?: boolean };

function nothing(): Presented {
  return { session: newSession() };
}

/** The session of this request, from its state or its token. */
export async function open(call: StoredCall): Promise<StoredSession> {
  const { live, exchange, stored } = call;
  // Nothing may come between the look and the read, which an end has to see to wait for it.
  while (live.ending) await settled(live.ending);
  // A socket outlives requests: what it has is what the store has now.
  const isOpen = live.kept && !live.opening && !exchange.isSocket;
  if (!isOpen) {
    live.opening ??= present(call).finally(() => {
      live.opening = undefined;
    });
    await live.opening;
  }
  const { kept } = live;
  // Cleared while it was read.
  if (!kept) return open(call);
  if (kept.store !== stored.store) {
    throw ironkeepError(
      "ERR_CONFIG",
      `Two configurations of the session "${call.name}" have a store each in one request`,
    );
  }
  if (stored.migrate && !kept.migrates && !live.cleared && mayBeSealed(call, kept)) {
    live.kept = undefined;
    // What is about to be written to it would be under an id that nobody is given.
    await destroySession(stored, kept.session);
    return open(call);
  }
  const { revocation } = call.config;
  if (kept.seal && revocation && revocation !== kept.revocation) {
    if (await isEnded(call, kept.seal)) return withdraw(call, kept, kept.seal);
    kept.revocation = revocation;
  }
  // After another schema it is not asked: it may not take what that gave.
  if (stored.schema && !kept.schema) await admit(call, kept);
  return live.kept?.session ?? open(call);
}

/** Whether a session that is none, opened without `migrate`, may be a sealed one. One that is being stored is none of these. */
function mayBeSealed(call: StoredCall, { session }: Kept): boolean {
  if (session.status !== "new" || session.turn) return false;
  return tokensOf(call).some((token) => token && !isSignedId(token));
}

/** Ends what a configuration of the name took over that knows of no revocation, though this one's had ended it. */
async function withdraw(call: StoredCall, kept: Kept, seal: SealedSession): Promise<StoredSession> {
  const { live, stored } = call;
  await destroySession(stored, kept.session);
  await endSealed(stored, seal);
  const session = newSession();
  Object.assign(session.data, await defaults(call));
  if (live.kept === kept) {
    live.startedHere = true;
    live.kept = { ...kept, session, seal: undefined, view: emptySession() };
    show(call);
    takeCookie(call);
  }
  return open(call);
}

/** What is under way, to wait for it however it ends. A new one may have begun by then: look again. */
export function settled(work: Promise<void>): Promise<void> {
  return work.catch(() => undefined);
}

async function present(call: StoredCall): Promise<void> {
  const { live, stored } = call;
  const { session, seal, isFromHeader } = live.cleared ? nothing() : await find(call);
  live.startedHere = session.status === "new";
  if (session.status === "new") Object.assign(session.data, await defaults(call));
  const { store, schema, migrate } = stored;
  const { revocation } = call.config;
  live.kept = { session, seal, view: emptySession(), store, schema, revocation, migrates: migrate !== undefined };
  show(call);
  await refresh(call, session, isFromHeader);
}

/** What the data of a new session is before anything is written. */
async function defaults({ stored, name }: StoredCall): Promise<object | undefined> {
  return stored.schema && validated(stored.schema, emptyData(), name);
}

/** Checks a session by a schema that was opened without one. */
async function admit(call: StoredCall, kept: Kept): Promise<void> {
  const { live, stored, name } = call;
  const { schema } = stored;
  const { session } = kept;
  if (!schema || session.status === "ended") return;
  try {
    const data = await validatedNow(schema, session.data, name);
    for (const key of Object.keys(session.data)) if (!(key in data)) delete session.data[key];
    Object.assign(session.data, data);
    kept.schema = schema;
  } catch (error) {
    if (stored.rejectsInvalid || !isIronkeepError(error) || error.code !== "ERR_SCHEMA") throw error;
    if (live.kept !== kept) return;
    live.startedHere = true;
    live.kept = { ...kept, session: newSession(), seal: undefined, view: emptySession(), schema };
  }
  show(call);
}

/** What the header's token names, else the cookie's. */
async function find(call: StoredCall): Promise<Presented> {
  const [header, cookie] = tokensOf(call);
  const fromHeader = header ? await presentedBy(call, header) : nothing();
  if (fromHeader.session.status !== "new") return { ...fromHeader, isFromHeader: true };
  return cookie ? presentedBy(call, cookie) : nothing();
}

/** What a request may have come with. */
export function tokensOf({
  exchange,
  config,
  name,
}: StoredCall): [header: string | undefined, cookie: string | undefined] {
  const header = sessionHeader(config, name);
  return [header && exchange.header(header), readSessionCookie(exchange.header("cookie"), name)];
}

async function presentedBy(call: StoredCall, token: string): Promise<Presented> {
  const { stored } = call;
  if (isSignedId(token)) return { session: await openSession(stored, token) };
  const seal = await sealedBy(call, token);
  if (!seal || (await isEnded(call, seal))) return nothing();
  // Taken over, it is of no use to who cannot be given its cookie.
  await requireRoom(call);
  return { session: await importSealed(stored, seal), seal };
}

/** Whether a token is of a session in the store, by its form. */
export function isSignedId(token: string): boolean {
  return SIGNED_ID.test(token);
}

/** The sealed session of a token, as long as those are taken over. */
export async function sealedBy(call: StoredCall, token: string): Promise<Partial<Session> | undefined> {
  const { migrate } = call.stored;
  return migrate && Date.now() < migrate.until ? unsealed(call, token) : undefined;
}

/** What an authentic seal holds that is not too old. */
async function unsealed(
  { exchange, config, name, live }: StoredCall,
  token: string,
): Promise<Partial<Session> | undefined> {
  const sealer = sessionSealer(config, exchange.major);
  const opened = await authentic({ exchange, config, name, live, sealer }, token);
  const id: unknown = opened?.session?.id;
  return typeof id === "string" && id !== "" ? (opened?.session ?? undefined) : undefined;
}

/** Whether the revocation of before ended a sealed session: it is not to come back by an import. */
async function isEnded({ exchange, config, name }: StoredCall, seal: SealedSession): Promise<boolean> {
  return config.revocation ? isRevoked({ exchange, config, name }, config.revocation, seal as Partial<Session>) : false;
}

/** Begins the idle time again where it is due, and sets the cookie where that has to be another. */
async function refresh(call: StoredCall, session: StoredSession, isFromHeader = false): Promise<void> {
  if (session.status !== "stored") return;
  try {
    await touchSession(call.stored, session);
  } catch (error) {
    // It was there a moment ago, which is what was asked.
    debug(`the session "${call.name}" could not be touched: ${isIronkeepError(error) ? error.code : "unknown"}`);
  }
  if (!isCurrent(call, session)) return;
  show(call);
  // Who sends the header has a token to send, and a cookie may be of another session.
  if (!isFromHeader) await giveCookie(call, session);
}
