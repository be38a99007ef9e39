import { emptyData } from "../data.js";
import { toWritingCall } from "./call.js";
import { checkCurrent } from "./checked-updates.js";
import { open } from "./opening.js";
import type { Session, SessionConfig, SessionEvent } from "./types.js";
import * as stored from "./stored/index.js";
import { write } from "./writing.js";

type Flash = Record<string, unknown>;

/**
 * With a value: keeps it beside the session's data until it is read, and sets the cookie. Without one: gives the value that is
 * kept under the key, takes it out, and sets the cookie if there was one. When the cookie cannot be set, nothing has changed.
 *
 * @throws as `updateSession`.
 */
export async function flashSession<V = unknown>(
  event: SessionEvent,
  config: SessionConfig,
  key: string,
  value?: unknown,
): Promise<V | undefined> {
  if (stored.isStored(config)) return stored.flash(event, config, key, value) as Promise<V | undefined>;
  const call = toWritingCall(event, config, "flash");
  const isRead = value === undefined;
  // After a clear there is nothing to read, and a read starts no session.
  if (!call || (isRead && call.live.cleared && !call.live.session)) return undefined;
  const { live } = call;
  const session = await open(call);
  await checkCurrent(call, session);
  const old = kept(session);
  if (live.session !== session || (isRead && !Object.hasOwn(old, key))) return undefined;
  const taken = Object.hasOwn(old, key) ? old[key] : undefined;
  keep(session, key, value);
  try {
    await write(call);
  } catch (error) {
    if (live.session === session && kept(session)[key] === value) keep(session, key, taken);
    throw error;
  }
  return isRead ? (taken as V) : undefined;
}

function kept(session: Session): Flash {
  const { flash } = session as { flash?: unknown };
  return Object.assign(emptyData(), typeof flash === "object" && !Array.isArray(flash) ? flash : undefined) as Flash;
}

/** Without values the sealed session is as h3 writes it. */
function keep(session: Session, key: string, value: unknown): void {
  const flash = kept(session);
  if (value === undefined) delete flash[key];
  else flash[key] = value;
  const target = session as { flash?: Flash };
  if (Object.keys(flash).length > 0) target.flash = flash;
  else delete target.flash;
}
