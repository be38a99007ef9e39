// Makes tokens in a process of its own, whose keys the measuring process cannot know by chance.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(import.meta.url);
/** Seals under way at once: those that derive keys have threads for it. */
const AT_ONCE = 8;

/** Who makes tokens: each gives `(session, config) => Promise<token>`. */
const makers = {
  async ironkeep() {
    const [{ sealSession }, { ironkeepEvent, newEvent }] = await Promise.all([
      import("ironkeep/h3"),
      import("./events.mjs"),
    ]);
    return async (session, config) => sealSession(await ironkeepEvent(session, newEvent.v2, config), config);
  },
  async "h3 v1"() {
    const [{ sealSession }, { h3Event, newEvent }] = await Promise.all([import("h3-v1"), import("./events.mjs")]);
    return (session, config) => sealSession(h3Event(session, newEvent.v1), config);
  },
  async "h3 v2"() {
    const [{ sealSession }, { h3Event, newEvent }] = await Promise.all([import("h3-v2"), import("./events.mjs")]);
    return (session, config) => sealSession(h3Event(session, newEvent.v2), config);
  },
  async "iron-session"() {
    const { sealData } = await import("iron-session");
    return (session, { password }) => sealData(session, { password });
  },
  async "secure-session"() {
    const { sealer } = await import("../peers/fastify-stack.mjs");
    let seal;
    return async (session, { password }) => (seal ??= await sealer(password))(session);
  },
};

/**
 * The tokens of sessions, made elsewhere.
 *
 * @param maker a name among the makers: Ironkeep uses the salts of the day, h3 v2 fresh salts in each.
 * @param config that of h3's helpers; the others use its password.
 */
export async function foreignTokens(maker, sessions, config) {
  const child = fork(FILE, { stdio: "inherit", serialization: "advanced" });
  child.send({ maker, sessions, config });
  const [tokens] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`The process that makes tokens ended with ${code}`);
    }),
  ]);
  child.disconnect();
  return tokens;
}

if (process.argv[1] === FILE && process.send) {
  process.once("message", async ({ maker, sessions, config }) => {
    const seal = await makers[maker]();
    const tokens = [];
    for (let first = 0; first < sessions.length; first += AT_ONCE) {
      const sealing = sessions.slice(first, first + AT_ONCE).map((session) => seal(session, config));
      tokens.push(...(await Promise.all(sealing)));
    }
    process.send(tokens);
  });
}
