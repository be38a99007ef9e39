import { $fetch, defineNuxtPlugin, useState } from "#imports";

import type { UserSession } from "../../../index.js";
import { SESSION_ROUTE } from "../../route.js";
import { type Announcement, SessionView } from "../session-view.js";
import { READY_STATE, SESSION_STATE } from "../state.js";

/** `fetch` and `clear` of `useUserSession()` in the browser, and what the tabs tell each other. */
export default defineNuxtPlugin({
  name: "ironkeep:session",
  enforce: "pre",
  setup(nuxtApp) {
    const session = useState<UserSession>(SESSION_STATE, () => ({}));
    const ready = useState(READY_STATE, () => false);
    // Apps under other paths of the origin have sessions of their own.
    const channel = new BroadcastChannel(`ironkeep:session:${nuxtApp.$config.app.baseURL}`);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
    const announce = (message: Announcement): void => channel.postMessage(message);
    const view = new SessionView({
      read: () => $fetch<UserSession>(SESSION_ROUTE, { cache: "no-store", retry: false }),
      async end() {
        await $fetch(SESSION_ROUTE, { method: "DELETE", retry: false });
      },
      show(read) {
        session.value = read;
        ready.value = true;
      },
      shown: () => session.value,
      announce,
    });
    channel.addEventListener("message", ({ data }: MessageEvent<Announcement>) => view.heard(data));
    nuxtApp.provide("ironkeep", {
      fetch: () => view.fetch(),
      clear: () => view.clear(),
      refresh: () => view.refresh(),
    });
    // Not before: what is shown would differ from what the server rendered.
    nuxtApp.hook("app:suspense:resolve", () => {
      if (ready.value) announce(view.state);
      else void view.refresh();
    });
  },
});
