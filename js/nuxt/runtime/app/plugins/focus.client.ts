import { defineNuxtPlugin, useNuxtApp } from "#imports";

/** Looks whether the session is still what the tab shows, whenever somebody comes back to it. */
export default defineNuxtPlugin({
  name: "ironkeep:focus",
  dependsOn: ["ironkeep:session"],
  setup() {
    const { refresh } = useNuxtApp()["$ironkeep"] as { refresh: () => Promise<void> };
    window.addEventListener("focus", () => void refresh());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") void refresh();
    });
    // A page that the browser kept as it was, behind its "back".
    window.addEventListener("pageshow", ({ persisted }) => {
      if (persisted) void refresh();
    });
  },
});
