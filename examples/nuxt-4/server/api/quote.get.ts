const QUOTES = [
  "Three may keep a secret, if two of them are dead.",
  "Trust, but verify.",
  "Good fences make good neighbours.",
  "Who guards the guards themselves?",
  "A lock keeps an honest man honest.",
];
let next = 0;

/** The rate of this is limited in nuxt.config.ts. */
export default defineEventHandler(() => ({ quote: QUOTES[next++ % QUOTES.length] ?? "" }));
