import { Agent, get } from "node:http";

import { NO_SESSION } from "./routes.mjs";

/** What a session answers whose index is `index`: see `makeSession`. */
const answerOf = (index, visits) => `user${index}@example.com ${visits}`;

/** Node's own client: for what wrk cannot do, to check answers and to use each cookie once. */
export class Client {
  #agent;

  constructor(connections) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @returns the text of an answer, and the value of the cookie that it sets. */
  #ask(url, cookie) {
    return new Promise((resolve, reject) => {
      get(url, { agent: this.#agent, headers: { cookie } }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => {
          const set = response.headers["set-cookie"]?.at(-1);
          if (response.statusCode === 200) resolve({ text, cookie: set?.slice(0, set.indexOf(";")) });
          else reject(new Error(`${url} answered ${response.statusCode} ${text}`));
        });
      }).on("error", reject);
    });
  }

  /** Asks with each of `cookies`, as many at a time as there are connections. */
  async all(url, cookies) {
    let next = 0;
    const one = async () => {
      while (next < cookies.length) await this.#ask(url, cookies[next++]);
    };
    await Promise.all(Array.from({ length: this.#agent.maxSockets }, one));
  }

  /** Throws unless all routes do with the session of `index` what they are measured for. */
  async check(origin, cookie, index) {
    const expect = async (route, with_, text) => {
      const answer = await this.#ask(`${origin}/${route}`, with_);
      if (answer.text !== text) throw new Error(`${origin}/${route} answered ${answer.text} and not ${text}`);
      return answer.cookie;
    };
    await expect("none", cookie, NO_SESSION);
    if (await expect("read", cookie, answerOf(index, 0))) throw new Error(`${origin}/read set a cookie`);
    const updated = await expect("update", cookie, answerOf(index, 1));
    if (updated === undefined) throw new Error(`${origin}/update set no cookie`);
    await expect("read", updated, answerOf(index, 1));
  }

  close() {
    this.#agent.destroy();
  }
}
