import type { SessionEvent } from "ironkeep/h3";
import { endUserSession, readUserSession } from "ironkeep/nuxt/server";

import { defineNitroPlugin } from "#imports";

import type { UserSession } from "../../../index.js";
import { exposed } from "../exposed.js";

/** What a page that is being rendered finds on `event.context.ironkeep`. */
export interface ServerSession {
  /** `undefined` where the page is the same for all. */
  read(event: SessionEvent): Promise<UserSession | undefined>;
  end(event: SessionEvent): Promise<void>;
}

/**
 * One for all requests, and the event comes with each call: a cached page has the context of the request that asked for it, and
 * must not reach that one's session.
 */
const session: ServerSession = {
  read: (event) => readUserSession(event, exposed()),
  end: endUserSession,
};

/** Lets the pages of the app reach the session: they are compiled apart from the server. */
export default defineNitroPlugin((nitroApp) => {
  nitroApp.hooks.hook("request", (event) => {
    event.context["ironkeep"] = session;
  });
});
