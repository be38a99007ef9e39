// Stores of sessions as people have them without Ironkeep. Each has `get`, `set`, `touch`, `destroy` and `fill`, keeps a
// session as the JSON that it is given an object of, and knows when it expires.
import { createRequire } from "node:module";

import { LRUCache } from "lru-cache";
import { createStorage } from "unstorage";

const require = createRequire(import.meta.url);

/** How long a session lives after it was last used, in milliseconds. */
const IDLE_MS = 86_400_000;

/** Fills a store one by one, as `set` does it. */
async function fillOneByOne(store, count, at) {
  for (let index = 0; index < count; index++) await store.set(index, ...at(index));
}

const filled = (store) => ({ ...store, fill: (count, at) => fillOneByOne(store, count, at), close() {} });

/** The least that it takes in JavaScript, bounded in nothing: what has expired goes when it is asked for. */
export function plainMap() {
  const sessions = new Map();
  return filled({
    get(_index, key) {
      const entry = sessions.get(key);
      if (entry !== undefined && entry.expires > Date.now()) return JSON.parse(entry.text);
      sessions.delete(key);
      return undefined;
    },
    set(_index, key, session) {
      sessions.set(key, { text: JSON.stringify(session), expires: Date.now() + IDLE_MS });
    },
    touch(_index, key) {
      const entry = sessions.get(key);
      if (entry === undefined) return false;
      entry.expires = Date.now() + IDLE_MS;
      return true;
    },
    destroy: (_index, key) => sessions.delete(key),
  });
}

/** @param most how many sessions it may hold. */
export function lruCache({ most }) {
  const sessions = new LRUCache({ max: most, ttl: IDLE_MS });
  return filled({
    get(_index, key) {
      const text = sessions.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set(_index, key, session) {
      sessions.set(key, JSON.stringify(session));
    },
    touch: (_index, key) => sessions.get(key, { updateAgeOnGet: true }) !== undefined,
    destroy: (_index, key) => sessions.delete(key),
  });
}

/** express-session's MemoryStore behind promises. It keeps the expiry in the session, as its cookie. */
export function expressMemoryStore() {
  const { MemoryStore } = require("express-session");
  const store = new MemoryStore();
  const call = (method, ...values) =>
    new Promise((resolve, reject) => {
      store[method](...values, (error, value) => (error ? reject(error) : resolve(value)));
    });
  const withCookie = (session) => ({
    ...session,
    cookie: { originalMaxAge: IDLE_MS, expires: new Date(Date.now() + IDLE_MS), httpOnly: true, path: "/" },
  });
  return filled({
    get: (_index, key) => call("get", key),
    set: (_index, key, session) => call("set", key, withCookie(session)),
    touch: async (_index, key, session) => {
      await call("touch", key, withCookie(session));
      return true;
    },
    destroy: async (_index, key) => {
      await call("destroy", key);
      return true;
    },
  });
}

/** unstorage with its driver for memory, which knows no expiry: the entry has it, and a touch writes the entry anew. */
export function unstorageMemory() {
  const storage = createStorage();
  const write = (key, session) => storage.setItem(key, { session, expires: Date.now() + IDLE_MS });
  const read = async (key) => {
    const entry = await storage.getItem(key);
    return entry !== null && entry.expires > Date.now() ? entry.session : undefined;
  };
  return filled({
    get: (_index, key) => read(key),
    set: (_index, key, session) => write(key, session),
    touch: async (_index, key) => {
      const session = await read(key);
      if (session === undefined) return false;
      await write(key, session);
      return true;
    },
    destroy: async (_index, key) => {
      await storage.removeItem(key);
      return true;
    },
  });
}

/**
 * better-sqlite3 as a store of sessions: prepared statements, one transaction for each call.
 *
 * @param path the file, which is made when it is missing.
 * @param synchronous `normal` or `full`.
 * @param isIndexed whether there is an index by expiry. Published stores have none: a write is cheaper without, and a sweep
 * reads the whole table.
 */
export function betterSqlite3({ path, synchronous, isIndexed = false }) {
  const Database = require("better-sqlite3");
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma(`synchronous = ${synchronous}`);
  db.exec("CREATE TABLE IF NOT EXISTS sessions (sid TEXT PRIMARY KEY, sess TEXT NOT NULL, expires INTEGER NOT NULL)");
  if (isIndexed) db.exec("CREATE INDEX IF NOT EXISTS by_expiry ON sessions (expires)");
  const select = db.prepare("SELECT sess FROM sessions WHERE sid = ? AND expires > ?").pluck();
  const upsert = db.prepare(
    "INSERT INTO sessions (sid, sess, expires) VALUES (?, ?, ?)\n" +
      "ON CONFLICT (sid) DO UPDATE SET sess = excluded.sess, expires = excluded.expires",
  );
  const move = db.prepare("UPDATE sessions SET expires = ? WHERE sid = ? AND expires > ?");
  const remove = db.prepare("DELETE FROM sessions WHERE sid = ?");
  const set = (_index, key, session) => {
    upsert.run(key, JSON.stringify(session), Date.now() + IDLE_MS);
  };
  return {
    get(_index, key) {
      const text = select.get(key, Date.now());
      return text === undefined ? undefined : JSON.parse(text);
    },
    set,
    touch(_index, key) {
      const now = Date.now();
      return move.run(now + IDLE_MS, key, now).changes === 1;
    },
    destroy: (_index, key) => remove.run(key).changes === 1,
    /** In one transaction: it is not measured. */
    fill: db.transaction((count, at) => {
      for (let index = 0; index < count; index++) set(index, ...at(index));
    }),
    close: () => db.close(),
  };
}
