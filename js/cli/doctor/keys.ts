import { isIronkeepError } from "../../errors.js";
import type { Sourced } from "../read.js";
import { parseRing, type Ring, type RingKey, sealingKey } from "../ring.js";
import type { Finding, Level } from "./finding.js";

/** What the environment configures. */
export interface Environment {
  readonly ring: Sourced | undefined;
  readonly nuxtPassword: Sourced | undefined;
  readonly password: Sourced | undefined;
}

/** Judges a secret; undefined where the engine that judges does not load. */
export type Judge = ((secret: string) => boolean) | undefined;

/** What h3 asks of a password, in characters, and a ring of a key, in bytes. */
const LEAST = 32;
const MAKE_ONE = "Make one with: npx ironkeep keys generate";

/** Judges the keys that the environment configures, without a word of what they are. */
export function checkKeys({ ring, nuxtPassword, password }: Environment, isGuessable: Judge, now: number): Finding[] {
  const findings = ring ? checkRing(ring, isGuessable, now) : [];
  const used = nuxtPassword ?? password;
  if (used) findings.push(checkPassword(used, isGuessable));
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

function checkPassword({ text, source }: Sourced, isGuessable: Judge): Finding {
  if (text.length < LEAST) {
    return finding("error", `${source} has under ${LEAST} characters, which is refused`, MAKE_ONE);
  }
  if (!isGuessable) return notJudged(source);
  return isGuessable(text)
    ? finding("warn", `${source} looks typed, so that it can be guessed`, MAKE_ONE)
    : finding("ok", `${source} is strong`);
}

function checkRing(sourced: Sourced, isGuessable: Judge, now: number): Finding[] {
  let ring: Ring;
  try {
    ring = parseRing(sourced);
  } catch (error) {
    if (!isIronkeepError(error)) throw error;
    return [finding("error", error.message, MAKE_ONE)];
  }
  const { source } = sourced;
  const bad = ring.flatMap((key) => checkKey(key, source, isGuessable));
  if (bad.length > 0) return [...bad, checkSealing(ring, source, now)];
  const strong = isGuessable ? finding("ok", `All ${ring.length} keys of ${source} are strong`) : notJudged(source);
  return [strong, checkSealing(ring, source, now)];
}

function checkKey({ id, secret }: RingKey, source: string, isGuessable: Judge): Finding[] {
  const which = `The key ${id} of ${source}`;
  const replace = `Replace it: ${MAKE_ONE}`;
  const length = typeof secret === "string" ? Buffer.byteLength(secret) : Buffer.byteLength(secret.bytes, "base64url");
  if (length < LEAST) return [finding("error", `${which} has under ${LEAST} bytes, which is refused`, replace)];
  if (typeof secret !== "string") {
    if (length === LEAST) return [];
    return [
      finding("warn", `${which} has ${length} bytes, which serve ik1 alone`, `Fe26.2 takes exactly ${LEAST} bytes`),
    ];
  }
  return isGuessable?.(secret) ? [finding("error", `${which} looks typed, which is refused`, replace)] : [];
}

function checkSealing(ring: Ring, source: string, now: number): Finding {
  const sealing = sealingKey(ring, now);
  const [newest] = ring;
  if (!sealing) {
    const message = `No key of ${source} seals yet`;
    return finding("error", message, "Keep the key that sealed before, or give one a sealFrom that has passed");
  }
  if (sealing === newest) return finding("ok", `${sealing.id} of ${source} seals`);
  const from = shownDate(newest.sealFrom ?? 0);
  return finding("ok", `${sealing.id} of ${source} seals, and ${newest.id} from ${from}`);
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
