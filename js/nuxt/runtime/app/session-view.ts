import type { UserSession } from "../../index.js";

/** Where the session is asked for, and what is shown of it. */
export interface SessionSource {
  read(): Promise<UserSession>;
  /** Ends the session. */
  end(): Promise<void>;
  show(session: UserSession): void;
  shown(): UserSession;
  /** Tells the other tabs. */
  announce(message: Announcement): void;
}

/** What one tab tells the others. It holds no data: who wants that asks the server with a cookie of its own. */
export type Announcement = "changed" | "signed-in" | "signed-out";

/**
 * What this tab shows of the session, kept as it is on the server.
 *
 * Reads overlap: with each other, with a sign-out, with what other tabs do. None takes the place of one that began later, or of
 * a sign-out. A read that fails changes nothing, since an outage signs nobody out.
 */
export class SessionView {
  readonly #source: SessionSource;
  /** How many reads and ends began; the last of them that is shown. */
  #begun = 0;
  #shown = 0;
  #refreshing: Promise<void> | undefined;

  constructor(source: SessionSource) {
    this.#source = source;
  }

  /** Reads the session because the app wants it, and tells the other tabs when it changed. */
  async fetch(): Promise<void> {
    if (await this.#read()) this.#source.announce("changed");
  }

  /** Reads the session because something may have happened. One read serves all who want that meanwhile. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Ends the session, here and in the other tabs. */
  async clear(): Promise<void> {
    await this.#source.end();
    // What began to be read until now may be of the session that ended.
    this.#shown = ++this.#begun;
    this.#source.show({});
    this.#source.announce("changed");
  }

  /** What another tab has said. */
  heard(message: Announcement): void {
    // A read that is under way may have begun before.
    if (message !== this.state) void this.#look();
  }

  /** What is told when a page is there. */
  get state(): Announcement {
    return (this.#source.shown().user ?? undefined) === undefined ? "signed-out" : "signed-in";
  }

  async #look(): Promise<void> {
    const before = this.state;
    // It is tried again at the next occasion.
    await this.#read().catch(() => false);
    // Not "changed": the others would look, and say so too.
    if (this.state !== before) this.#source.announce(this.state);
  }

  /** @returns whether something else is shown now. */
  async #read(): Promise<boolean> {
    const turn = ++this.#begun;
    const session = await this.#source.read();
    if (turn <= this.#shown) return false;
    this.#shown = turn;
    const isSame = JSON.stringify(session) === JSON.stringify(this.#source.shown());
    this.#source.show(session);
    return !isSame;
  }
}
