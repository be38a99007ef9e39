import { Client } from "./client.mjs";
import { Jars } from "./jars.mjs";
import { ServerProcess } from "./server-process.mjs";

/** How many sessions are checked on each stack before anything is measured, and after. */
const CHECKED = 20;

async function checkAnswers(entries, client) {
  for (const { server, jar } of entries) {
    const checked = jar.values.slice(0, CHECKED);
    for (const [index, value] of checked.entries()) await client.check(server.origin, `${jar.name}=${value}`, index);
  }
}

/**
 * Starts the processes of `stacks`, with cookies of `sessions` for each, and ends them after `body`.
 *
 * @param core the core that the servers are bound to, if any.
 * @param body called with `{ name, stack, server, jar }` of each, and a client with `connections`.
 */
export async function withEntries({ stacks, sessions, password, core, connections }, body) {
  const jars = new Jars();
  const client = new Client(connections);
  const entries = [];
  try {
    const filled = await jars.fill(stacks, sessions, password);
    for (const [name, stack] of Object.entries(stacks)) {
      const server = await ServerProcess.start(stack, password, core);
      entries.push({ name, stack, server, jar: filled.get(stack.maker) });
    }
    await checkAnswers(entries, client);
    const result = await body(entries, client);
    // Whatever the load left behind, the servers still answer as they should.
    await checkAnswers(entries, client);
    return result;
  } finally {
    client.close();
    for (const { server } of entries) server.stop();
    jars.remove();
  }
}
