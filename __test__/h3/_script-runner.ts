import { H3, HTTPError, setCookie } from "h3-v2";
import type { H3Event } from "h3-v2";
import { vi } from "vitest";
import type { SetCookie } from "./_cookies.ts";
import type { Reply } from "./_http.ts";
import { fetchInProcess } from "./_http.ts";
import { CookieJar } from "./_jar.ts";
import { OTHER_PASSWORD, PASSWORD } from "./_passwords.ts";
import type { Data } from "./_routes.ts";
import { seen } from "./_routes.ts";
import type { Operation, Script, Step, Token } from "./_scripts.ts";
import { BEGAN } from "./_scripts.ts";
import { isSealedBy, makeSeal, openSeal } from "./_seals.ts";

export interface Subject {
  readonly id?: string | undefined;
  readonly data: Data;
}

export interface Manager extends Subject {
  update(update: object): Promise<unknown>;
  clear(): Promise<unknown>;
}

/** The functions under comparison, as both packages have them. */
export interface SessionFunctions {
  useSession(event: H3Event, config: object): Promise<Manager>;
  getSession(event: H3Event, config: object): Promise<Subject>;
  updateSession(event: H3Event, config: object, update?: object): Promise<Subject>;
  clearSession(event: H3Event, config: object): Promise<void>;
  sealSession(event: H3Event, config: object): Promise<string>;
  unsealSession(event: H3Event, config: object, sealed: string): Promise<unknown>;
}

/** A response, with every seal in it replaced by what it says. */
export interface Told {
  readonly status: number;
  readonly body: unknown;
  readonly cookies: readonly unknown[];
}

export async function runScript(functions: SessionFunctions, script: Script): Promise<Told[]> {
  let ids = 0;
  const generateId = (): string => `id-${(ids += 1)}`;
  const config = { password: PASSWORD, generateId, ...script.config };
  const jar = new CookieJar();
  const told: Told[] = [];
  for (const step of script.steps) {
    vi.setSystemTime(BEGAN + (step.at ?? 0) * 1000);
    told.push(await runStep(functions, config, step, step.anonymous ? new CookieJar() : jar));
  }
  return told;
}

type Config = { readonly name?: string } & object;

async function runStep(functions: SessionFunctions, config: Config, step: Step, jar: CookieJar): Promise<Told> {
  const name = config.name ?? "h3";
  for (const [key, value] of Object.entries(step.cookies ?? {})) jar.set(key, value);
  if (step.sealedCookie !== undefined) jar.set(name, await textOf(step.sealedCookie));
  const headers: Record<string, string> = {};
  const cookie = jar.header();
  if (cookie !== undefined) headers["cookie"] = cookie;
  if (step.header !== undefined) headers[step.header.name] = await textOf(step.header.token);
  const app = new H3({ silent: true }).get("/", (event) => perform(functions, event, config, step.operations));
  const reply = await fetchInProcess(app.fetch, "/", { headers });
  jar.store(reply.cookies);
  return { status: reply.status, body: bodyOf(reply), cookies: await tellCookies(reply.cookies) };
}

async function perform(
  functions: SessionFunctions,
  event: H3Event,
  config: Config,
  operations: readonly Operation[],
): Promise<unknown> {
  const results: unknown[] = [];
  let manager: Manager | undefined;
  for (const operation of operations) {
    switch (operation.do) {
      case "use":
        manager = await functions.useSession(event, config);
        results.push(seen(manager));
        break;
      case "get":
        results.push(seen(await functions.getSession(event, config)));
        break;
      case "update":
        results.push(seen(await functions.updateSession(event, config, operation.with)));
        break;
      case "manager-update":
        await manager?.update(operation.with ?? {});
        break;
      case "increment":
        await functions.updateSession(event, config, (old: Data) => ({
          [operation.key]: Number(old[operation.key] ?? 0) + 1,
        }));
        break;
      case "append-in-place":
        await functions.updateSession(event, config, (old: Data) => {
          old[operation.key] = [...((old[operation.key] as unknown[] | undefined) ?? []), operation.value];
        });
        break;
      case "delete-key":
        delete (await functions.getSession(event, config)).data[operation.key];
        break;
      case "read":
        results.push({ manager: manager && seen(manager), mirror: event.context.sessions });
        break;
      case "clear":
        await functions.clearSession(event, config);
        break;
      case "manager-clear":
        await manager?.clear();
        break;
      case "seal":
        results.push(await openSeal(await functions.sealSession(event, config), PASSWORD));
        break;
      case "unseal":
        results.push(await outcomeOf(functions.unsealSession(event, config, await textOf(operation.token))));
        break;
      case "app-cookie":
        setCookie(event, operation.name, operation.value);
        break;
      case "throw":
        throw new HTTPError({ status: operation.status, message: "as scripted" });
      case "respond":
        return new Response(JSON.stringify(results), { status: operation.status });
    }
  }
  return results;
}

function outcomeOf(unsealing: Promise<unknown>): Promise<unknown> {
  return unsealing.then(
    (value) => ({ value }),
    (error: Error) => ({ error: error.message }),
  );
}

const made = new WeakMap<Token, Promise<string>>();

function textOf(token: Token): Promise<string> {
  const known = made.get(token);
  if (known !== undefined) return known;
  const text = "text" in token ? Promise.resolve(token.text) : makeToken(token);
  made.set(token, text);
  return text;
}

/** Made at the script's beginning, whenever it is sent. */
async function makeToken(token: Exclude<Token, { text: string }>): Promise<string> {
  const now = Date.now();
  vi.setSystemTime(BEGAN);
  const password = token.wrongPassword ? OTHER_PASSWORD : PASSWORD;
  const text = makeSeal(token.payload, password, token.make);
  vi.setSystemTime(now);
  return text;
}

function bodyOf(reply: Reply): unknown {
  return reply.text === "" ? "" : reply.json<unknown>();
}

/** Names, attributes and their order as sent; chunks joined into the first, and seals opened. */
async function tellCookies(cookies: readonly SetCookie[]): Promise<unknown[]> {
  const chunks = cookies.filter(({ name, value }) => /\.\d+$/.test(name) && value !== "");
  const whole = chunks.map(({ value }) => value).join("");
  return Promise.all(
    cookies.map(async ({ name, value, attributes }) => {
      const told = { name, attributes: [...attributes] };
      if (chunks.some((chunk) => chunk.name === name)) {
        return { ...told, length: value.length, whole: await openSeal(whole, PASSWORD) };
      }
      const isSeal = await isSealedBy(value, PASSWORD);
      return { ...told, value: isSeal ? await openSeal(value, PASSWORD) : value };
    }),
  );
}
