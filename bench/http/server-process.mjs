import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("server.mjs", import.meta.url));

/** The shares of a core's time: the server and its network, which the kernel counts as interrupts, and whoever else. */
function sharesOf(before, after, own) {
  const of = (key) => after[key] - before[key];
  return { withNetwork: own + of("interrupts") / of("passed"), withOthers: of("worked") / of("passed") };
}

/** The process of a stack. */
export class ServerProcess {
  #process;

  /** @param core the core that it is bound to; without one it runs where it likes. */
  static async start({ options }, password, core) {
    const server = new ServerProcess();
    const bound = core === undefined ? {} : { execPath: "taskset", execArgv: ["-c", String(core), process.execPath] };
    server.#process = fork(FILE, [JSON.stringify({ ...options, core })], {
      ...bound,
      env: { ...process.env, SESSION_PASSWORD: password },
      stdio: "inherit",
    });
    server.origin = await server.#answer();
    return server;
  }

  async #answer() {
    const ended = new AbortController();
    const onExit = (code) => ended.abort(new Error(`The server that is measured ended with ${code}`));
    this.#process.once("exit", onExit);
    try {
      const [answer] = await once(this.#process, "message", { signal: ended.signal });
      return answer;
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : error;
    } finally {
      this.#process.off("exit", onExit);
    }
  }

  async #usage() {
    this.#process.send("usage");
    return this.#answer();
  }

  /** Requests so far. */
  async requests() {
    return (await this.#usage()).requests;
  }

  /** What the server uses while `work` is under way, for each request that comes in meanwhile. */
  async during(work) {
    const before = await this.#usage();
    await work();
    const after = await this.#usage();
    const of = (key) => after[key] - before[key];
    const requests = of("requests");
    const own = of("all") / of("at");
    return {
      requests,
      requestsPerSecond: (requests / of("at")) * 1e6,
      main: of("main") / requests,
      all: of("all") / requests,
      busy: after.ticks && { own, ...sharesOf(before.ticks, after.ticks, own) },
    };
  }

  stop() {
    this.#process.disconnect();
    this.#process.kill();
  }
}
