import { createRingSealer } from "#engine";

import { NEEDS_KEY, type PresentedId, type Sealer, type SealerOptions, type StaleSeal } from "../engine/index.js";
import { ironkeepError, isIronkeepError } from "../errors.js";
import type { Keyring } from "./index.js";

const MODERN = "ik1.";
/** A key's id, and base64url of 48 bytes. */
const CSRF_TOKEN = /^(?<kid>[A-Za-z0-9_]{1,16})\.[\w-]{64}$/;

/** Seals and opens with the keys of a ring, and has them read where they are not there yet. */
export class RingSealer implements Sealer {
  readonly guessable = false;
  readonly #ring: Keyring;
  readonly #options: SealerOptions;
  #made: Sealer | undefined;

  constructor(ring: Keyring, options: SealerOptions) {
    this.#ring = ring;
    this.#options = options;
  }

  /** Sealing itself says what is wrong: that depends on the keys, and on the time. */
  checkSealing(): void {}

  trySeal(payload: string, now: number): string | typeof NEEDS_KEY {
    return this.#sealer?.trySeal(payload, now) ?? NEEDS_KEY;
  }

  tryUnseal(token: string, now: number): string | StaleSeal | typeof NEEDS_KEY {
    const sealer = this.#sealer;
    if (!sealer) return NEEDS_KEY;
    try {
      return sealer.tryUnseal(token, now);
    } catch (error) {
      if (isUnknownKey(error) && this.#ring.mayReadAgain(now)) return NEEDS_KEY;
      throw refusal(error, token);
    }
  }

  async deriveForSeal(now: number): Promise<void> {
    await (this.#sealer ? this.#sealer.deriveForSeal(now) : this.#ring.load());
  }

  async deriveForUnseal(token: string, now: number): Promise<void> {
    const sealer = this.#sealer;
    if (!sealer) return this.#ring.load();
    try {
      await sealer.deriveForUnseal(token, now);
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      // The caller tries again, and is told by then if the key is still unknown.
      if (this.#ring.mayReadAgain(now))
        await this.#ring.readAgain(now, () => isKnown(() => sealer.tryUnseal(token, now)));
    }
  }

  sealSync(payload: string, now: number): string {
    return this.#required.sealSync(payload, now);
  }

  unsealSync(token: string, now: number): string | StaleSeal {
    return this.#required.unsealSync(token, now);
  }

  csrfToken(sessionId: string, now: number): string {
    return this.#required.csrfToken(sessionId, now);
  }

  verifyCsrfToken(sessionId: string, token: string, now: number): boolean | Promise<boolean> {
    const verified = this.#required.verifyCsrfToken(sessionId, token, now);
    if (verified || this.#holdsKeyOf(token) || !this.#ring.mayReadAgain(now)) return verified;
    return this.#verifyAgain(sessionId, token, now);
  }

  async #verifyAgain(sessionId: string, token: string, now: number): Promise<boolean> {
    await this.#ring.readAgain(now, () => this.#holdsKeyOf(token));
    return this.#required.verifyCsrfToken(sessionId, token, now);
  }

  /** Also for what is no CSRF token, which no key makes one. */
  #holdsKeyOf(token: string): boolean {
    const kid = CSRF_TOKEN.exec(token)?.groups?.["kid"];
    return kid === undefined || this.#ring.keys().some(({ id }) => id === kid);
  }

  sessionCookie(id: string, now: number): string {
    return this.#required.sessionCookie(id, now);
  }

  openSessionCookie(value: string, now: number): PresentedId | null {
    return this.#required.openSessionCookie(value, now);
  }

  async readKeys(now: number, cookie?: string): Promise<void> {
    const sealer = this.#sealer;
    if (!sealer) return this.#ring.load();
    if (cookie === undefined || !this.#ring.mayReadAgain(now)) return;
    await this.#ring.readAgain(now, () => isKnown(() => sealer.openSessionCookie(cookie, now)));
  }

  get #sealer(): Sealer | undefined {
    const ring = this.#ring.engine;
    if (!this.#made && ring) this.#made = createRingSealer(ring, this.#options);
    return this.#made;
  }

  get #required(): Sealer {
    if (this.#sealer) return this.#sealer;
    throw ironkeepError(
      "ERR_KEYRING_UNAVAILABLE",
      "The keys of the key ring are not read yet: await its refresh() first",
    );
  }
}

function isKnown(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch (error) {
    return !isUnknownKey(error);
  }
}

function isUnknownKey(error: unknown): boolean {
  return isIronkeepError(error) && error.code === "ERR_KEY_UNKNOWN";
}

/** From outside all refusals of the modern format are one. */
function refusal(error: unknown, token: string): unknown {
  if (!isUnknownKey(error) || !token.startsWith(MODERN)) return error;
  return ironkeepError("ERR_SEAL_INVALID", "Bad hmac value");
}
