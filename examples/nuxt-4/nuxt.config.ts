export default defineNuxtConfig({
  compatibilityDate: "2026-11-01",
  modules: ["ironkeep/nuxt"],
  // What pages know of a session beside its user.
  ironkeep: { expose: ["visits"] },
  runtimeConfig: {
    session: {
      maxAge: 7 * 24 * 3600,
      store: { driver: "sqlite", path: "./sessions.db" },
    },
  },
  routeRules: {
    "/api/sign-in": { ironkeep: { rateLimit: "30/1m" } },
    "/api/quote": { ironkeep: { rateLimit: "5/10s" } },
  },
  css: ["~/assets/main.css"],
  app: {
    head: {
      htmlAttrs: { lang: "en" },
      title: "Ironkeep on Nuxt",
      link: [{ rel: "icon", href: "/icon.svg" }],
      meta: [{ name: "color-scheme", content: "light dark" }],
    },
  },
});
