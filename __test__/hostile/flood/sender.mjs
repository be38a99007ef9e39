import { Agent, request } from "node:http";

/** Sends one visit by a cookie; gives what came back, and how long it took. */
function visit(agent, port, token) {
  const start = performance.now();
  return new Promise((resolve) => {
    const options = { agent, port, host: "127.0.0.1", path: "/", headers: { cookie: `h3=${token}` } };
    const sent = request(options, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => {
        resolve({
          ms: performance.now() - start,
          status: response.statusCode,
          retryAfter: response.headers["retry-after"],
          setsCookie: response.headers["set-cookie"] !== undefined,
          body: Buffer.concat(parts).toString(),
        });
      });
    });
    sent.on("error", (error) => resolve({ ms: performance.now() - start, status: 0, body: String(error) }));
    sent.end();
  });
}

/** Sends `perSecond` visits for `seconds`, by the clock and whatever is still unanswered, and gives all answers. */
export async function sendAt(perSecond, seconds, port, nextToken) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const answers = [];
  const total = perSecond * seconds;
  const start = performance.now();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond));
      while (answers.length < due) answers.push(visit(agent, port, nextToken(answers.length)));
      if (answers.length < total) return;
      clearInterval(timer);
      resolve();
    }, 2);
  });
  const all = await Promise.all(answers);
  agent.destroy();
  return all;
}
