import { isIronkeepError } from "../../errors.js";
import type { Sourced } from "../read.js";
import { idsOf, parseRing, type Ring, type RingKey, sealingKey } from "../ring.js";
import type { Finding, Level } from "./finding.js";

/** What the environment configures. */
export interface Environment {
  readonly ring: Sourced | undefined;
  readonly nuxtPassword: Sourced | undefined;
  readonly password: Sourced | undefined;
}

/** Judges secrets; undefined where the engine that judges does not load. */
export type Judge =
  | { readonly isGuessable: (password: string) => boolean; readonly isStrongKey: (key: RingKey) => boolean }
  | undefined;

/** What h3 asks of a password, in characters. */
const LEAST_CHARACTERS = 32;
/** The bytes of a key that Fe26.2 takes as it is. */
const IRON_BYTES = 32;
const MAKE_ONE = "Make one with: npx ironkeep keys generate";

/** Judges the keys that the environment configures, without a word of what they are. */
export function checkKeys({ ring, nuxtPassword, password }: Environment, judge: Judge, now: number): Finding[] {
  const findings = ring ? checkRing(ring, judge, now) : [];
  const used = nuxtPassword ?? password;
  if (used) findings.push(checkPassword(used, judge));
  if (nuxtPassword && password && nuxtPassword.text !== password.text) {
    const message = `${password.source} is another password than ${nuxtPassword.source}, which is the one that is used`;
    findings.push(finding("warn", message, "Unset one of them"));
  }
  if (findings.length > 0) return findings;
  return [
    finding(
      "warn",
      "There is no key in IRONKEEP_KEYS, NUXT_SESSION_PASSWORD or SESSION_PASSWORD",
      `Set one where the app runs, or pass \`password\` in the config. ${MAKE_ONE}`,
    ),
  ];
}

function checkPassword({ text, source }: Sourced, judge: Judge): Finding {
  if (text.length < LEAST_CHARACTERS) {
    return finding("error", `${source} has under ${LEAST_CHARACTERS} characters, which is refused`, MAKE_ONE);
  }
  if (!judge) return notJudged(source);
  return judge.isGuessable(text)
    ? finding("warn", `${source} looks typed, so that it can be guessed`, MAKE_ONE)
    : finding("ok", `${source} is strong`);
}

function checkRing(sourced: Sourced, judge: Judge, now: number): Finding[] {
  let ring: Ring;
  try {
    ring = parseRing(sourced);
  } catch (error) {
    if (!isIronkeepError(error)) throw error;
    return [finding("error", error.message, MAKE_ONE)];
  }
  const { source } = sourced;
  const bad = ring.flatMap((key) => checkKey(key, source, judge));
  if (!judge) bad.push(notJudged(source));
  if (bad.length === 0) bad.push(finding("ok", `The keys of ${source} are strong: ${idsOf(ring).join(", ")}`));
  return [...bad, checkSealing(ring, source, now)];
}

function checkKey(key: RingKey, source: string, judge: Judge): Finding[] {
  const which = `The key ${key.id} of ${source}`;
  if (judge && !judge.isStrongKey(key)) {
    return [finding("error", `${which} is too short or guessable, which is refused`, `Replace it. ${MAKE_ONE}`)];
  }
  if (typeof key.secret === "string" || key.secret.length === IRON_BYTES) return [];
  const advice = `Fe26.2 takes bytes as the key itself, exactly ${IRON_BYTES} of them`;
  return [finding("warn", `${which} has ${key.secret.length} bytes, which serve ik1 alone`, advice)];
}

function checkSealing(ring: Ring, source: string, now: number): Finding {
  const sealing = sealingKey(ring, now);
  if (!sealing) {
    const message = `No key of ${source} seals yet`;
    return finding("error", message, "Keep the key that sealed before, or give one a sealFrom that has passed");
  }
  const next = ring.filter(({ sealFrom }) => sealFrom > now).toSorted((a, b) => a.sealFrom - b.sealFrom)[0];
  const then = next ? `, and ${next.id} from ${shownDate(next.sealFrom)}` : "";
  return finding("ok", `${sealing.id} of ${source} seals${then}`);
}

function notJudged(source: string): Finding {
  return finding("warn", `Whether ${source} is strong is not judged: the addon does that`, "Repair the addon first");
}

/** A date beyond those of JavaScript is shown as its number. */
function shownDate(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

function finding(level: Level, message: string, advice?: string): Finding {
  return { check: "keys", level, message, ...(advice !== undefined && { advice }) };
}
