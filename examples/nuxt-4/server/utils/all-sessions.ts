import { type Sessions, createSessions } from "ironkeep/sessions";

const made = new WeakMap<object, Sessions>();

/** The sessions of all users, by the app's own configuration. */
export function allSessions(): Sessions {
  const { store, password, name, maxAge } = sessionConfig();
  if (!store) throw new Error("runtimeConfig.session names no store");
  let sessions = made.get(store);
  if (!sessions) made.set(store, (sessions = createSessions({ store, password, name, maxAge })));
  return sessions;
}
