import type { Decision } from "../../limit/types.js";

interface Client {
  /** Requests that are here at all. */
  present: number;
  /** Those whose tokens are being opened: each may turn out to be forged. */
  underWay: number;
  ended: number;
  readonly waiting: (() => void)[];
}

/**
 * The requests whose tokens are being opened, by whose budget they are. No more are under way at once than the budget has left, or
 * requests that come together would all pass by what was left before them. Others wait: they may be good.
 */
export class Openings {
  readonly #clients = new Map<string, Client>();

  /**
   * Waits until one more may be under way. After that comes {@link leave}.
   *
   * @param look what the budget has left.
   * @returns what refuses the request, where nothing is left for it: then it is not under way.
   */
  async enter(whose: string, look: () => Decision | Promise<Decision>): Promise<Decision | undefined> {
    const client = this.#clients.get(whose) ?? { present: 0, underWay: 0, ended: 0, waiting: [] };
    this.#clients.set(whose, client);
    client.present++;
    try {
      for (;;) {
        const { ended } = client;
        const left = await look();
        // Who ended meanwhile may have spent what this still shows.
        if (ended !== client.ended) continue;
        if (left.remaining > client.underWay) {
          client.underWay++;
          return undefined;
        }
        if (client.underWay === 0) {
          this.#part(whose, client);
          return left;
        }
        await new Promise<void>((resolve) => client.waiting.push(resolve));
      }
    } catch (error) {
      this.#part(whose, client);
      throw error;
    }
  }

  /** One is under way no more, and has paid if it had to. */
  leave(whose: string): void {
    const client = this.#clients.get(whose);
    if (!client) return;
    client.underWay--;
    client.ended++;
    this.#part(whose, client);
  }

  /** One goes, and another one looks. */
  #part(whose: string, client: Client): void {
    client.present--;
    if (client.present === 0) this.#clients.delete(whose);
    client.waiting.shift()?.();
  }
}
