import { whenReady } from "../../later.js";
import { warnOnce } from "../../warn.js";
import type { Exchange } from "../_h3.js";
import { promised } from "../admission.js";
import { sessionRequest } from "../request.js";
import { getSession } from "../session.js";
import { sessionName } from "../session-config.js";
import { liveOf } from "../state.js";
import type { SessionConfig, SessionEvent } from "../types.js";
import { addressText } from "./client-address.js";
import type { Ip } from "./ip.js";
import type { Plan, Rule } from "./plan.js";
import type { RateLimitSource } from "./types.js";

/** One request, as far as its keys depend on it. */
export interface Asked {
  readonly event: SessionEvent;
  readonly exchange: Exchange;
  readonly client: Ip | undefined;
  readonly plan: Plan;
}

/** Whose request it is, by its session. One that begins with the request is none: whoever sends no cookie gets a new one each time. */
interface Identity {
  readonly session?: string | undefined;
  readonly user?: string | undefined;
}

/** What counts for requests that have no address. */
const NO_ADDRESS = "address=";

/** The keys of a request by the names of the limits; a limit that is to be skipped for it has none. */
export function keysOf(asked: Asked): Record<string, string> | Promise<Record<string, string>> {
  const { plan } = asked;
  const isPersonal = plan.rules.some(({ by }) => by.some((one) => one === "session" || one === "user"));
  const identity = isPersonal && plan.session ? identityOf(asked, plan.session) : {};
  return whenReady(identity, (known) => {
    const keys = plan.rules.map((rule) => keyOf(asked, rule, known));
    return keys.some((key) => key instanceof Promise)
      ? Promise.all(keys).then((ready) => named(plan.rules, ready))
      : named(plan.rules, keys as (string | undefined)[]);
  });
}

function named(rules: readonly Rule[], keys: readonly (string | undefined)[]): Record<string, string> {
  const found = rules.flatMap(({ name }, index) => {
    const key = keys[index];
    return key === undefined ? [] : [[name, key] as const];
  });
  return Object.fromEntries(found);
}

function keyOf(
  asked: Asked,
  { by, whenMissing }: Rule,
  identity: Identity,
): string | undefined | Promise<string | undefined> {
  const parts = by.map((source) => partOf(asked, source, identity));
  const joined = (ready: readonly (string | undefined)[]): string | undefined => {
    const whole = ready.map((part) => part ?? (whenMissing === "skip" ? undefined : standIn(asked, whenMissing)));
    // The parts are the visitor's to choose, so that what joins them has to be unambiguous.
    return whole.includes(undefined) ? undefined : whole.length === 1 ? whole[0] : JSON.stringify(whole);
  };
  return parts.some((part) => part instanceof Promise)
    ? Promise.all(parts).then(joined)
    : joined(parts as (string | undefined)[]);
}

function standIn(asked: Asked, whenMissing: "address" | "shared"): string {
  return whenMissing === "shared" ? "missing=" : (addressPart(asked) ?? NO_ADDRESS);
}

function partOf(
  asked: Asked,
  source: RateLimitSource<never>,
  { session, user }: Identity,
): string | undefined | Promise<string | undefined> {
  if (typeof source === "function") {
    const given = (source as (event: SessionEvent) => unknown)(asked.event);
    return whenReady(promised(given), ownPart);
  }
  switch (source) {
    case "address":
      return addressPart(asked);
    case "user":
      return user && `user=${user}`;
    case "session":
      return session && `session=${session}`;
    // Without a pattern all routes are one: a path is the visitor's to choose.
    case "route":
      return `route=${asked.exchange.route ?? ""}`;
    case "all":
      return "all=";
  }
}

function ownPart(given: unknown): string | undefined {
  const isKey = typeof given === "string" || typeof given === "bigint" || Number.isFinite(given);
  return isKey && given !== "" ? `key=${String(given)}` : undefined;
}

function addressPart({ client, exchange, plan }: Asked): string | undefined {
  if (client) return `address=${addressText(client, plan.address)}`;
  if (!exchange.isNarrowed) {
    warnOnce(
      "A rate limit counts requests whose address is not known, and all of them share one bucket: the server gives none, as " +
        "with a Unix socket. Behind a proxy set `address: { trustedHops }`, or count by something else",
    );
  }
  return undefined;
}

async function identityOf({ event, exchange }: Asked, config: SessionConfig): Promise<Identity> {
  const { id, userId } = await getSession(event, config);
  const request = sessionRequest(exchange, config);
  if (!id || !request || liveOf(request, sessionName(config)).startedHere) return {};
  return { session: id, user: typeof userId === "string" && userId !== "" ? userId : undefined };
}
