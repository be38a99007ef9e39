// Options of stores in Redis in which secrets stand where they belong, and where they do not.

import { createRequire } from "node:module";

import { createStore } from "ironkeep/store";

import { CANARIES } from "./spellings.mjs";

const { Store } = createRequire(import.meta.url)("../../../index.cjs");

const REDIS = {
  driver: "redis",
  url: "redis://127.0.0.1:1",
  prefix: "canary:",
  deadline: 1000,
  publish: true,
  maxData: 1024,
};
const { url: _, ...NOWHERE } = REDIS;

function optionsOf(value) {
  const url = `redis://${value}:${value}@127.0.0.1`;
  return {
    url: { ...REDIS, url: value },
    "url, its host": { ...REDIS, url: `${url}:port` },
    "url, its database": { ...REDIS, url: `${url}/${value}` },
    "url, a query": { ...REDIS, url: `${url}?${value}` },
    username: { ...REDIS, username: value },
    password: { ...REDIS, password: value, database: -1 },
    prefix: { ...REDIS, prefix: `{${value}}`, password: value },
    "two places": { ...REDIS, cluster: [url] },
    cluster: { ...NOWHERE, cluster: [`${url}/${value}`, value] },
    sentinel: { ...NOWHERE, sentinel: { nodes: [value], name: value, username: value, password: value } },
    "sentinel.name": { ...NOWHERE, sentinel: { nodes: [url], name: 5, password: value } },
    wait: { ...REDIS, password: value, wait: { replicas: value, timeout: value } },
    resilience: { ...REDIS, password: value, resilience: { retries: value, slow: value, openFor: value } },
  };
}

/** A store that nobody answers, whose options are secret. */
export const unanswered = () =>
  createStore({
    ...REDIS,
    url: `redis://:${CANARIES.previous}@127.0.0.1:1`,
    username: "app",
    password: CANARIES.password,
  });

/** What is refused when a store is made, by us and by the addon, and what is when it is called. */
export function* redisPaths() {
  for (const [name, value] of Object.entries(CANARIES)) {
    for (const [where, options] of Object.entries(optionsOf(String(value)))) {
      yield [`createStore, ${where}: ${name}`, () => void createStore(options)];
      yield [`new Store, redis, ${where}: ${name}`, () => void new Store(options)];
    }
  }
  const call = { now: 1, deadline: 1000 };
  yield ["load", () => unanswered().load(call, Buffer.alloc(34).toString("base64url"))];
}
