import type { ComputedRef } from "vue";

import { computed, useNuxtApp, useState } from "#imports";

import type { User, UserSession } from "../../../index.js";
import { READY_STATE, SESSION_STATE } from "../state.js";

/** What `useUserSession()` gives. */
export interface UserSessionComposable {
  /** Whether the session has a `user`. */
  loggedIn: ComputedRef<boolean>;
  /** `data.user` of the session. */
  user: ComputedRef<User | null>;
  /** `user`, and what the module's `expose` names. */
  session: ComputedRef<UserSession>;
  /** Whether the session was looked at: `false` in a page that is cached or prerendered, until the browser has asked. */
  ready: ComputedRef<boolean>;
  /** Looks at the session anew, such as after a sign-in. It rejects when that fails, and what is shown stays. */
  fetch: () => Promise<void>;
  /** Ends the session, in all tabs. It rejects when that fails, and what is shown stays. */
  clear: () => Promise<void>;
}

/** Who is signed in, in pages and components. It is filled while a page is rendered, without a request. */
export function useUserSession(): UserSessionComposable {
  const session = useState<UserSession>(SESSION_STATE, () => ({}));
  const ready = useState(READY_STATE, () => false);
  const { fetch, clear } = useNuxtApp()["$ironkeep"] as Pick<UserSessionComposable, "clear" | "fetch">;
  return {
    loggedIn: computed(() => (session.value.user ?? undefined) !== undefined),
    user: computed(() => session.value.user ?? null),
    session: computed(() => session.value),
    ready: computed(() => ready.value),
    fetch,
    clear,
  };
}
