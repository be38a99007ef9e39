import type { SessionConfig, SessionEvent } from "ironkeep/h3";
import {
  destroySession,
  flashSession,
  regenerateSession,
  replaceSession,
  touchSession,
  updateSession,
  useSession,
} from "ironkeep/h3";

type Write = (event: SessionEvent, config: SessionConfig) => Promise<unknown>;

/** Every write of a session but `clear`, as a function and as the manager's. */
export const WRITES: Readonly<Record<string, Write>> = {
  updateSession: (event, config) => updateSession(event, config, { written: true }),
  replaceSession: (event, config) => replaceSession(event, config, { written: true }),
  regenerateSession: (event, config) => regenerateSession(event, config),
  "regenerateSession with a user": (event, config) => regenerateSession(event, config, { userId: "u1" }),
  touchSession,
  "flashSession with a value": (event, config) => flashSession(event, config, "notice", "written"),
  "flashSession, taking": (event, config) => flashSession(event, config, "kept"),
  destroySession,
  update: async (event, config) => (await useSession(event, config)).update({ written: true }),
  replace: async (event, config) => (await useSession(event, config)).replace({ written: true }),
  regenerate: async (event, config) => (await useSession(event, config)).regenerate(),
  "regenerate with a user": async (event, config) => (await useSession(event, config)).regenerate({ userId: "u1" }),
  touch: async (event, config) => (await useSession(event, config)).touch(),
  "flash with a value": async (event, config) => (await useSession(event, config)).flash("notice", "written"),
  "flash, taking": async (event, config) => (await useSession(event, config)).flash("kept"),
  destroy: async (event, config) => (await useSession(event, config)).destroy(),
};
