import { createHash } from "node:crypto";

import { mockEvent } from "h3-v2";
import type { KeyringKey, KeyringKeys } from "ironkeep";
import { getSession, sealSession, type SessionConfig, updateSession } from "ironkeep/h3";

/** A key whose secret follows from its id. */
export function key(id: string, sealFrom?: KeyringKey["sealFrom"]): KeyringKey {
  const secret = createHash("sha256").update(`ring of tests, ${id}`).digest("base64url");
  return sealFrom === undefined ? { id, secret } : { id, secret, sealFrom };
}

/** The function of a ring: what it answers can be changed, and how often it was asked is counted. */
export class Source {
  calls = 0;
  answer: () => unknown;

  constructor(...keys: readonly KeyringKey[]) {
    this.answer = () => keys;
  }

  readonly read = (): KeyringKeys => {
    this.calls += 1;
    return this.answer() as KeyringKeys;
  };

  gives(...keys: readonly KeyringKey[]): void {
    this.answer = () => keys;
  }

  /** Answers nothing until the function that this gives is called with the keys. */
  waits(): (...keys: readonly KeyringKey[]) => void {
    let resolve: (keys: readonly KeyringKey[]) => void;
    const promise = new Promise<readonly KeyringKey[]>((settle) => (resolve = settle));
    this.answer = () => promise;
    return (...keys) => resolve(keys);
  }
}

/** A token of a session with this data. */
export async function tokenOf(config: SessionConfig, data: Record<string, unknown>): Promise<string> {
  const event = mockEvent("http://localhost/");
  const quiet: SessionConfig = { ...config, cookie: false };
  await updateSession(event, quiet, data);
  return sealSession(event, quiet);
}

/** The data of the session that a cookie opens, `{}` where it is refused. */
export async function dataOf(config: SessionConfig, token: string): Promise<Record<string, unknown>> {
  const headers = { cookie: `${config.name ?? "h3"}=${token}` };
  const { data } = await getSession(mockEvent("http://localhost/", { headers }), config);
  return { ...data };
}

/** The id of the key that a token names. */
export function kidOf(token: string): string {
  return token.split(/[*.]/)[token.startsWith("ik1.") ? 1 : 2] ?? "";
}

/** "fulfilled", or the code that a promise is rejected with. */
export async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return "fulfilled";
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}
