import { defineNuxtPlugin, useRequestEvent, useState } from "#imports";

import type { UserSession } from "../../../index.js";
import type { ServerSession } from "../../server/plugins/user-session.js";
import { READY_STATE, SESSION_STATE } from "../state.js";

/** `fetch` and `clear` of `useUserSession()` while a page is rendered: on the request's own session. */
export default defineNuxtPlugin({
  name: "ironkeep:session",
  enforce: "pre",
  setup(nuxtApp) {
    const session = useState<UserSession>(SESSION_STATE, () => ({}));
    const ready = useState(READY_STATE, () => false);
    const event = useRequestEvent();
    const server = event?.context["ironkeep"] as ServerSession | undefined;
    nuxtApp.provide("ironkeep", {
      async fetch() {
        const read = event && (await server?.read(event));
        // Inside a cache: the page is the same for all, and the browser asks.
        if (!read) return;
        session.value = read;
        ready.value = true;
      },
      async clear() {
        if (event) await server?.end(event);
        session.value = {};
      },
    });
  },
});
