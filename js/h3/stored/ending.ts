import { destroyByCookie, destroySession, endSealed } from "../../sessions/engine.js";
import { mirror } from "../state.js";
import type { StoredCall } from "./call.js";
import { takeCookie } from "./cookie.js";
import { isSignedId, sealedBy, settled, tokensOf } from "./opening.js";

/**
 * Ends the session of this request, and deletes its cookie. What begins in this request before it is over waits for that, and
 * then starts a new session; what was under way writes nothing.
 *
 * @throws the store's errors, and then nothing has changed as far as is known.
 */
export async function endSession(call: StoredCall): Promise<void> {
  const { live } = call;
  // Without one it goes on at once, so that no later call of the request comes before it; of many that wait, one.
  while (live.ending) await settled(live.ending);
  const ending = end(call).finally(() => {
    if (live.ending === ending) live.ending = undefined;
  });
  live.ending = ending;
  await ending;
}

async function end(call: StoredCall): Promise<void> {
  const { live, stored, exchange, name } = call;
  if (live.opening) await settled(live.opening);
  const { kept } = live;
  const isUnread = !live.cleared && (!kept || kept.session.status === "new");
  if (kept) await destroySession(stored, kept.session);
  if (kept?.seal) await endSealed(stored, kept.seal);
  if (isUnread) await endPresented(call);
  Object.assign(live, { session: undefined, kept: undefined, cleared: true });
  mirror(exchange, name, undefined);
  takeCookie(call);
}

/**
 * Ends what was never read, by its key: what cannot be read, or is refused by the schema, must not keep anybody from signing
 * out. Nobody looks whether the sealed session of the header is over: then the session is the cookie's.
 */
async function endPresented(call: StoredCall): Promise<void> {
  const { stored } = call;
  for (const token of tokensOf(call)) {
    if (!token) continue;
    if (isSignedId(token)) {
      if (await destroyByCookie(stored, token)) return;
      continue;
    }
    const seal = await sealedBy(call, token);
    if (seal) await endSealed(stored, seal);
  }
}
