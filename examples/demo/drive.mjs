// Drives the demo as a browser would, by HTTP with a cookie jar, and says of each step whether it did what it should.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { CookieJar } from "./cookie-jar.mjs";
import { sealedByH3v1, sealedByH3v2 } from "./h3-cookies.mjs";

const COOKIE = "h3";
const versionOf = (folder) =>
  JSON.parse(readFileSync(new URL(`../../node_modules/${folder}/package.json`, import.meta.url), "utf8")).version;

/** A visitor: fetches pages, follows the redirect after a form, and reads what the page shows. */
class Visitor {
  #origin;
  jar = new CookieJar();

  constructor(origin) {
    this.#origin = origin;
  }

  async #fetch(path, options) {
    const headers = this.jar.header === undefined ? {} : { cookie: this.jar.header };
    const response = await fetch(this.#origin + path, { ...options, headers, redirect: "manual" });
    this.jar.store(response.headers.getSetCookie());
    return response;
  }

  async visit() {
    const response = await this.#fetch("/");
    const text = await response.text();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("cache-control"), "no-store", "a page with a session's cookie may be cached");
    return {
      visits: Number(/<b>(\d+)<\/b>/.exec(text)?.[1]),
      name: /Signed in as <strong>(.*?)<\/strong>/.exec(text)?.[1],
      id: /&quot;id&quot;: &quot;(.*?)&quot;/.exec(text)?.[1],
    };
  }

  async post(path, form) {
    const response = await this.#fetch(path, { method: "POST", body: new URLSearchParams(form) });
    assert.equal(response.status, 303);
    assert.equal(response.headers.get("location"), "/");
    return response;
  }
}

/** The token with one character of its ciphertext changed. */
function tamper(token) {
  const parts = token.split("*");
  const ciphertext = parts[4];
  parts[4] = (ciphertext.startsWith("A") ? "B" : "A") + ciphertext.slice(1);
  return parts.join("*");
}

function steps(origin, password) {
  const visitor = new Visitor(origin);
  const withToken = (token) => {
    const other = new Visitor(origin);
    other.jar.set(COOKIE, token);
    return other;
  };
  let before;
  return [
    {
      name: "an anonymous visit starts a session in one cookie",
      async run() {
        before = await visitor.visit();
        assert.deepEqual({ visits: before.visits, name: before.name }, { visits: 1, name: undefined });
        assert.match(visitor.jar.get(COOKIE), /^Fe26\.2\*/);
      },
    },
    {
      name: "signing in keeps the counter, under a new session id",
      async run() {
        await visitor.post("/sign-in", { name: "Ada <Lovelace>" });
        const { visits, name, id } = await visitor.visit();
        assert.deepEqual({ visits, name }, { visits: 2, name: "Ada &lt;Lovelace&gt;" });
        assert.notEqual(id, before.id);
      },
    },
    {
      name: "five more visits are counted",
      async run() {
        for (let visits = 3; visits <= 7; visits++) assert.equal((await visitor.visit()).visits, visits);
      },
    },
    {
      name: `a cookie sealed by useSession of h3 ${versionOf("h3-v2")} (8192 iterations) is accepted`,
      async run() {
        const token = await sealedByH3v2({ visits: 41, user: { name: "Grace" } }, password);
        const { visits, name } = await withToken(token).visit();
        assert.deepEqual({ visits, name }, { visits: 42, name: "Grace" });
      },
    },
    {
      name: `a cookie sealed by useSession of h3 ${versionOf("h3-v1")} (1 iteration) is accepted`,
      async run() {
        const token = await sealedByH3v1({ visits: 10, user: { name: "Alan" } }, password);
        const { visits, name } = await withToken(token).visit();
        assert.deepEqual({ visits, name }, { visits: 11, name: "Alan" });
      },
    },
    {
      name: "a tampered cookie is refused: a new anonymous session",
      async run() {
        const { visits, name, id } = await withToken(tamper(visitor.jar.get(COOKIE))).visit();
        assert.deepEqual({ visits, name }, { visits: 1, name: undefined });
        assert.notEqual(id, (await visitor.visit()).id);
      },
    },
    {
      name: "signing out deletes the cookie, and the next visit is anonymous",
      async run() {
        await visitor.post("/sign-out");
        assert.equal(visitor.jar.get(COOKIE), undefined);
        const { visits, name } = await visitor.visit();
        assert.deepEqual({ visits, name }, { visits: 1, name: undefined });
      },
    },
  ];
}

/** Runs all steps, and gives the names of those that failed. */
export async function drive(origin, password) {
  const failed = [];
  for (const { name, run } of steps(origin, password)) {
    try {
      await run();
      console.log(`ok      ${name}`);
    } catch (error) {
      failed.push(name);
      console.log(`FAILED  ${name}\n        ${String(error.message).replaceAll("\n", "\n        ")}`);
    }
  }
  return failed;
}
