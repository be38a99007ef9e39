import { defineConfig } from "nitro";

export default defineConfig({
  compatibilityDate: "2026-01-01",
  serverDir: "server",
  modules: ["ironkeep/nitro"],
  runtimeConfig: {
    session: {
      name: "app",
      maxAge: 7 * 24 * 3600,
      idleTimeout: 24 * 3600,
      store: { driver: "sqlite", path: "sessions.db" },
    },
  },
});
