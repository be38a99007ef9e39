import { sealSession, useSession } from "ironkeep/h3";
import { describe, expect, it } from "vitest";

import { cli, cliJson } from "./_cli.ts";
import { DATA, PASSWORD, sealed } from "./_samples.ts";

interface Found {
  readonly length: number;
  readonly chunks: number;
  readonly suffix: string;
  readonly key: { readonly opens: boolean; readonly session?: { readonly data: object } } | null;
}

const TOKEN = sealed();
const OPEN = ["--open", "--password-env", "PW"];

const inspect = (stdin: string, args: readonly string[] = []) =>
  cliJson<Found>(["inspect", "-", ...OPEN, ...args], { stdin, env: { PW: PASSWORD } });

/** The Set-Cookie lines that the helpers themselves write, and the token in them. */
async function written(name: string, size: number): Promise<{ lines: string[]; token: string }> {
  const event = { req: { headers: new Headers() }, res: { headers: new Headers() }, context: {} };
  const config = { password: PASSWORD, name, generation: 1 } as const;
  const session = await useSession(event, config);
  await session.update({ note: DATA, filling: "x".repeat(size) });
  return { lines: event.res.headers.getSetCookie(), token: await sealSession(event, config) };
}

const pairsOf = (lines: readonly string[]) => lines.map((line) => line.split(";")[0]);

describe.concurrent("a token is found in what was pasted", () => {
  it.each([
    ["a token", TOKEN],
    ["a token with blanks and a line break around it", `\n  ${TOKEN} \r\n`],
    ["a token in quotes", `"${TOKEN}"`],
    ["the value of a Set-Cookie line", `${TOKEN}; Path=/; HttpOnly`],
    ["a cookie", `h3=${TOKEN}`],
    ["a Cookie header", `a=1; h3=${TOKEN}; theme=dark`],
    ["a Cookie header with its name", `Cookie: a=1; h3=${TOKEN}`],
    ["a Set-Cookie line", `Set-Cookie: h3=${TOKEN}; Path=/; Max-Age=3600; Secure; SameSite=Lax`],
    ["a Set-Cookie line without its name", `h3=${TOKEN}; Path=/; Secure`],
    ["curl's lines", `< set-cookie: other=1; Path=/\n< set-cookie: h3=${TOKEN}; Path=/`],
    ["a quoted value", `h3="${TOKEN}"`],
    [
      "two lines of a name, of which the last holds",
      `Set-Cookie: h3=${sealed({ password: DATA })}\nSet-Cookie: h3=${TOKEN}`,
    ],
  ])("%s", async (_what, text) => {
    const { code, json } = await inspect(text);
    expect({ code, length: json.length, opens: json.key?.opens }).toEqual({
      code: 0,
      length: TOKEN.length,
      opens: true,
    });
    expect(json.chunks).toBe(0);
  });

  it("as an argument too", async () => {
    const { code, json } = await cliJson<Found>(["inspect", `a=1; h3=${TOKEN}`]);
    expect({ code, length: json.length }).toEqual({ code: 0, length: TOKEN.length });
  });

  it("under another name", async () => {
    const { json } = await inspect(`h3=x; __Host-app=${TOKEN}`, ["--name", "__Host-app"]);
    expect(json.key?.opens).toBe(true);
  });

  it.each([20, 6000, 40_000])("in the cookies that the helpers write for %i characters of data", async (size) => {
    const { lines, token } = await written("app", size);
    expect(lines.length).toBe(size > 4000 ? Math.ceil(token.length / 4000) + 1 : 1);
    for (const text of [
      lines.map((line) => `Set-Cookie: ${line}`).join("\n"),
      `Cookie: ${pairsOf(lines).join("; ")}`,
    ]) {
      const { code, json } = await inspect(text, ["--name", "app"]);
      expect({ code, chunks: json.chunks }).toEqual({ code: 0, chunks: lines.length - 1 });
      expect(json.key?.session?.data).toEqual({ note: DATA, filling: "x".repeat(size) });
    }
  });

  it("and what is missing of it is said", async () => {
    const { lines } = await written("app", 12_000);
    const pairs = pairsOf(lines).filter((pair) => !pair?.startsWith("app.2="));
    const { code, stderr } = await cli(["inspect", "-", "--name", "app"], { stdin: pairs.join("; ") });
    expect(code).toBe(1);
    expect(stderr).toMatch(/has \d chunks, and these are missing: 2\n$/);
  });

  it("iron-session's suffix is told, and is no part of the token", async () => {
    const { code, json } = await inspect(`${TOKEN}~2`);
    expect({ code, suffix: json.suffix, opens: json.key?.opens }).toEqual({ code: 0, suffix: "~2", opens: true });
  });

  it("the names of other cookies are told where they hold a token, and nowhere else", async () => {
    const { code, stderr } = await cli(["inspect", "-"], { stdin: `app=${TOKEN}; ${DATA}=1; big=__chunked__2` });
    expect(code).toBe(1);
    expect(stderr).toContain("these cookies look like sessions: app, big. Pick one with --name");
    expect(stderr).not.toContain(DATA);
  });
});
