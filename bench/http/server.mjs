// A process that serves one stack and tells, when asked, what it has used so far.
import { cpuTimes } from "../lib/cpu.mjs";
import { coreTicks } from "./cores.mjs";

const { module, core, ...options } = JSON.parse(process.argv[2]);
const { start } = await import(module);
const server = await start({ ...options, password: process.env.SESSION_PASSWORD });
// As fastify has it. With Node's 5 s a machine that stands still for so long breaks the connections of the load.
server.keepAliveTimeout = 72_000;

let requests = 0;
server.prependListener("request", () => (requests += 1));

process.on("message", () => {
  const ticks = core === undefined ? undefined : coreTicks(core);
  process.send({ ...cpuTimes(), ticks, requests, at: performance.now() * 1e3 });
});
process.send(`http://127.0.0.1:${server.address().port}`);
