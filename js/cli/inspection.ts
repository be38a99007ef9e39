import type { ErrorCode } from "../errors.js";
import { asJsonText, printableLine } from "./print.js";
import type { Part, TokenForm } from "./token.js";

/** What became of the key that was given. */
export interface KeyReport {
  /** Where the key is from. */
  readonly source: string;
  readonly opens: boolean;
  /** Of a Fe26.2 token that opened. */
  readonly generation: 1 | 2 | null;
  /** Why it does not open. */
  readonly code: ErrorCode | null;
  readonly reason: string | null;
  /** What was sealed, with `--open` alone. */
  readonly session?: unknown;
}

/** What `ironkeep inspect` tells. */
export interface Inspection extends TokenForm {
  readonly chunks: number;
  readonly suffix: string;
  /** Null without a key. */
  readonly key: KeyReport | null;
}

/** An inspection for people. */
export function describeInspection(inspection: Inspection): string {
  const { format, length, chunks, suffix, keyId, parts, problems, key } = inspection;
  const rows: (readonly [string, string])[] = [
    ["format", `${format}, ${length} characters${chunks > 0 ? ` in ${chunks} cookies` : ""}`],
    ["key id", keyId === null ? "none" : printableLine(keyId)],
    ["generation", describeGeneration(inspection)],
    ["expires", describeExpiry(inspection)],
    ...parts.map((part) => [part.name, describeSize(part)] as const),
  ];
  if (suffix) rows.push(["suffix", `${suffix}, which iron-session adds: take it off for other readers`]);
  rows.push(...problems.map((problem) => ["broken", problem] as const));
  if (key) rows.push(["key", describeKey(key)]);
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, text]) => `${label.padEnd(width)}  ${text}`);
  if (key && "session" in key) lines.push("", asJsonText(key.session));
  return lines.join("\n");
}

function describeGeneration({ format, key }: Inspection): string {
  if (format === "ik1") return "none: that is Fe26.2's";
  if (key?.generation) return key.generation === 1 ? "1: 1 iteration of PBKDF2" : "2: 8192 iterations of PBKDF2";
  return "1 or 2: a key tells";
}

function describeExpiry({ expiry: { known, at, past }, format }: Inspection): string {
  if (known) return at === null ? "never" : `${at}, ${past ? "which is past" : "which is to come"}`;
  if (past !== null) return past ? "at a time that is past" : "not yet, or never";
  return format === "ik1" ? "not known: ik1 encrypts it" : "not known";
}

function describeSize({ characters, bytes }: Part): string {
  return [characters === null ? [] : `${characters} characters`, bytes === null ? [] : `${bytes} bytes`]
    .flat()
    .join(", ");
}

function describeKey({ source, opens, code, reason }: KeyReport): string {
  return opens
    ? `${printableLine(source)} opens it`
    : `${printableLine(source)} does not open it: ${code}: ${printableLine(reason ?? "")}`;
}
