// Makes tokens in a process of its own, whose keys the measuring process cannot know by chance.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(import.meta.url);

/** Who makes tokens: each gives `(session, config) => Promise<token>`. */
const makers = {
  async ironkeep() {
    const [{ sealSession }, { ironkeepEvent }, { newEvent }] = await Promise.all([
      import("ironkeep/h3"),
      import("./ironkeep.mjs"),
      import("./peers.mjs"),
    ]);
    return async (session, config) => sealSession(await ironkeepEvent(session, newEvent.v2, config), config);
  },
  async "h3 v1"() {
    const [{ sealSession }, { eventWith, newEvent }] = await Promise.all([import("h3-v1"), import("./peers.mjs")]);
    return (session, config) => sealSession(eventWith(session, newEvent.v1), config);
  },
  async "h3 v2"() {
    const [{ sealSession }, { eventWith, newEvent }] = await Promise.all([import("h3-v2"), import("./peers.mjs")]);
    return (session, config) => sealSession(eventWith(session, newEvent.v2), config);
  },
};

/** The tokens of sessions, made elsewhere: by Ironkeep with the salts of the day, or by h3 with fresh salts in each. */
export async function foreignTokens(maker, sessions, config) {
  const child = fork(FILE, { stdio: "inherit" });
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
    for (const session of sessions) tokens.push(await seal(session, config));
    process.send(tokens);
  });
}
