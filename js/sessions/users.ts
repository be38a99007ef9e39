import { storeKey } from "#engine";

import { ironkeepError } from "../errors.js";
import { IMPORT_MARGIN, isUser, requireClauses, type Stored } from "./context.js";
import { endKey } from "./destroy.js";
import { repeated } from "./outcome.js";
import type { CallOptions, ListedSession } from "./types.js";
import { Waiting } from "./waiting.js";

/** The sessions of a user, the oldest first. @throws `ERR_CONFIG` where the store cannot list; the store's errors. */
export async function listSessions(stored: Stored, userId: string, call?: CallOptions): Promise<ListedSession[]> {
  requireClauses(stored.store, "list", ["S10"]);
  checkUser(userId, "list");
  const listed = await new Waiting(stored, call).ask((ask) => stored.store.list(ask, userId));
  return listed.map(({ key: handle, createdAt, lastSeenAt, authenticatedAt, expiresAt, label }) => ({
    handle,
    createdAt,
    lastSeenAt,
    authenticatedAt,
    expiresAt,
    label,
    end: async (options?: CallOptions) => {
      const had = await endKey(stored, new Waiting(stored, options), handle);
      if (had) stored.events.emit("destroyed", { handle, userId });
      return had;
    },
  }));
}

/** What {@link revokeUser} spares. */
export interface RevokeOptions extends CallOptions {
  /** The id of the one session that stays. */
  readonly except?: string | undefined;
}

/**
 * Ends the sessions of a user, and refuses those to come to who signed in before now, sealed ones that are yet to be imported
 * too. Says how many ended.
 *
 * @throws `ERR_CONFIG` where the store cannot; the store's errors, and then it may have been done.
 */
export async function revokeUser(stored: Stored, userId: string, options: RevokeOptions = {}): Promise<number> {
  requireClauses(stored.store, "revoke", ["S10", "S13"]);
  checkUser(userId, "revoke");
  const { store, tombstone, maxAge, migrate } = stored;
  const except = options.except === undefined ? undefined : storeKey(options.except);
  if (except === null) throw ironkeepError("ERR_CONFIG", "revoke: `except` has to be the id of a session");
  const keep = Math.max(maxAge, migrate ? migrate.until - Date.now() + IMPORT_MARGIN : 0);
  const count = await repeated(new Waiting(stored, options), (call) =>
    store.revoke(call, userId, { except, tombstone, keep }),
  );
  stored.events.emit("revoked", { userId, count, except });
  return count;
}

function checkUser(userId: unknown, verb: string): void {
  if (isUser(userId)) return;
  throw ironkeepError(
    "ERR_CONFIG",
    `${verb}: the user's id has to be a text that is not empty, without lone surrogates`,
  );
}
