// Runs a function of Vercel's output as Vercel's own launcher does: what it exports takes Node's requests, or those of the web.

import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [, , entry] = process.argv;
const { default: exported } = await import(pathToFileURL(entry).href);

async function answer({ method, url, headers }, response) {
  const request = new Request(`http://${headers.host}${url}`, { method, headers });
  const answered = await exported.fetch(request, { waitUntil() {} });
  response.writeHead(answered.status, [...answered.headers].flat());
  response.end(await answered.text());
}

const handler = typeof exported === "function" ? exported : answer;
createServer(handler).listen(Number(process.env.PORT), process.env.HOST);
