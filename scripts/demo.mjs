// npm run demo [-- --once]: builds what is needed, then serves the demo; with --once it drives it, measures, and ends.

import { randomBytes } from "node:crypto";

import { build } from "./lib/build.mjs";
import { Failure, main } from "./lib/run.mjs";

const PORT = 3000;

const example = (name) => import(new URL(`../examples/demo/${name}.mjs`, import.meta.url));

async function serve(password) {
  const [{ createDemoApp }, { listen }] = await Promise.all([example("app"), example("listen")]);
  const { url } = await listen(createDemoApp(password), Number(process.env.PORT ?? PORT));
  console.log(`\nOpen ${url} in a browser.\nCtrl+C ends it. The sessions end with it, unless SESSION_PASSWORD is set.`);
}

async function runOnce(password) {
  const [{ createDemoApp }, { listen }, { drive }] = await Promise.all(["app", "listen", "drive"].map(example));
  const { server, url } = await listen(createDemoApp(password), 0);
  console.log(`\nThe demo is at ${url}\n`);
  const failed = await drive(url, password);
  server.close();
  server.closeAllConnections();

  const { briefly } = await import("../bench/http/brief.mjs");
  await briefly();
  if (failed.length > 0) throw new Failure(`Failed: ${failed.join("; ")}.`);
}

await main(async (args) => {
  const unknown = args.filter((arg) => arg !== "--once");
  if (unknown.length > 0) throw new Failure(`The demo does not know ${unknown.join(", ")}. There is: --once.`);
  await build();
  const password = process.env.SESSION_PASSWORD || randomBytes(32).toString("base64");
  await (args.includes("--once") ? runOnce(password) : serve(password));
});
