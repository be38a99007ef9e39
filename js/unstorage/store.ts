import { ironkeepError } from "../errors.js";
import type {
  Created,
  Loaded,
  NewRecord,
  RecordChange,
  Regenerated,
  Saved,
  SessionStore,
  StoreCall,
  StoreClause,
} from "../store/types.js";
import { Patience } from "./patience.js";
import { newRecord, savedRecord, seenRecord } from "./records.js";
import type { Row, Rows } from "./storage.js";
import { Turns } from "./turns.js";

/** How long a key is held while its session is being moved to it, in milliseconds. */
const HELD = 10_000;

/** One call: the caller's time, and how long it is waited for. */
interface Step {
  now: number;
  patience: Patience;
}

/** Sessions as values of a key-value storage that has neither transactions nor indexes. */
export class UnstorageStore implements SessionStore {
  readonly driver = "unstorage";
  readonly cannot: readonly StoreClause[] = ["S1", "S3", "S7", "S10", "S13"];
  readonly #rows: Rows;
  readonly #dataLimit: number;
  readonly #turns = new Turns();
  /** Where the last sweep stopped, so that the next one sees other keys. */
  #swept = "";
  #closed = false;

  constructor(rows: Rows, dataLimit: number) {
    this.#rows = rows;
    this.#dataLimit = dataLimit;
  }

  create(call: StoreCall, key: string, record: NewRecord): Promise<Created> {
    return this.#run(call, async (step) => {
      this.#requireSize(record.data);
      requireNoPromise(record);
      return this.#turns.take([key], () => this.#create(step, key, record));
    });
  }

  load(call: StoreCall, key: string): Promise<Loaded> {
    return this.#run(call, (step) => this.#load(step, key));
  }

  save(call: StoreCall, key: string, expected: number, change: RecordChange): Promise<Saved> {
    return this.#run(call, async (step) => {
      this.#requireSize(change.data);
      return this.#turns.take([key], async (): Promise<Saved> => {
        const record = (await this.#row(step, key))?.record;
        if (record === undefined) return { outcome: "not-found" };
        if (record.version !== expected) return { outcome: "conflict", record };
        const saved = savedRecord(step.now, record, change);
        await this.#write(step, key, { until: saved.expiresAt, record: saved });
        return { outcome: "done", version: saved.version, expiresAt: saved.expiresAt };
      });
    });
  }

  touch(call: StoreCall, key: string): Promise<number | null> {
    return this.#run(call, (step) =>
      this.#turns.take([key], async () => {
        const record = (await this.#row(step, key))?.record;
        if (record === undefined) return null;
        const seen = seenRecord(step.now, record);
        await this.#write(step, key, { until: seen.expiresAt, record: seen });
        return seen.expiresAt;
      }),
    );
  }

  delete(call: StoreCall, key: string, tombstone: number): Promise<boolean> {
    return this.#run(call, (step) => this.#turns.take([key], () => this.#end(step, key, tombstone)));
  }

  regenerate(
    call: StoreCall,
    from: string,
    expected: number,
    to: string,
    record: NewRecord,
    tombstone: number,
  ): Promise<Regenerated> {
    return this.#run(call, async (step) => {
      this.#requireSize(record.data);
      requireNoPromise(record);
      return this.#turns.take([from, to], async (): Promise<Regenerated> => {
        const old = (await this.#row(step, from))?.record;
        if (old === undefined) return { outcome: "not-found" };
        if (old.version !== expected) return { outcome: "conflict", record: old };
        const taken = await this.#taken(step, to, record.writeToken);
        if (taken !== undefined) return taken;
        // Never two live ones: the new key is held first, without a session, which also shows that the storage takes writes.
        // From then on nobody's patience counts, since half of this would be no session at all.
        await this.#write(step, to, { until: step.now + HELD, heldBy: record.writeToken });
        await this.#rows.write(from, { until: step.now + tombstone }, step.now);
        return this.#begin(step, to, record);
      });
    });
  }

  list(call: StoreCall): Promise<never> {
    return this.#run(call, () => refuse("list the sessions of a user"));
  }

  count(call: StoreCall): Promise<never> {
    return this.#run(call, () => refuse("count the sessions of a user"));
  }

  revoke(call: StoreCall): Promise<never> {
    return this.#run(call, () => refuse("revoke the sessions of a user"));
  }

  beginImport(call: StoreCall): Promise<never> {
    return this.#run(call, () => refuse("import sealed sessions"));
  }

  endImport(call: StoreCall): Promise<never> {
    return this.#run(call, () => refuse("import sealed sessions"));
  }

  deleteExpired(call: StoreCall, limit: number): Promise<number> {
    return this.#run(call, async (step) => {
      const keys = await this.#rows.keys();
      const next = keys.findIndex((key) => key > this.#swept);
      let sessions = 0;
      let removed = 0;
      for (const key of next < 0 ? keys : [...keys.slice(next), ...keys.slice(0, next)]) {
        if (removed >= limit) break;
        step.patience.check();
        this.#swept = key;
        const row = await this.#turns.take([key], () => this.#removeExpired(step, key));
        if (row === undefined) continue;
        removed += 1;
        if (row.record !== undefined) sessions += 1;
      }
      return sessions;
    });
  }

  loadMany(call: StoreCall, keys: string[]): Promise<Loaded[]> {
    return this.#run(call, (step) => Promise.all(keys.map((key) => this.#load(step, key))));
  }

  deleteMany(call: StoreCall, keys: string[], tombstone: number): Promise<number> {
    return this.#run(call, async (step) => {
      const remove = (key: string) => this.#turns.take([key], () => this.#end(step, key, tombstone));
      const were = await Promise.all(keys.map(remove));
      return were.filter(Boolean).length;
    });
  }

  /** The storage is the application's, and stays open. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  async #run<T>(call: StoreCall, work: (step: Step) => Promise<T>): Promise<T> {
    if (this.#closed) throw ironkeepError("ERR_STORE_CLOSED", "The session store is closed: make a new one");
    return Patience.run(call, (patience) => work({ now: call.now, patience }));
  }

  async #load(step: Step, key: string): Promise<Loaded> {
    const row = await this.#turns.take([key], () => this.#row(step, key));
    if (row === undefined) return { outcome: "absent" };
    return row.record === undefined ? { outcome: "ended" } : { outcome: "found", record: row.record };
  }

  async #create(step: Step, key: string, given: NewRecord): Promise<Created> {
    const taken = await this.#taken(step, key, given.writeToken);
    step.patience.check();
    return taken ?? this.#begin(step, key, given);
  }

  /** Why there can be no new session under a key. */
  async #taken(step: Step, key: string, writeToken: string): Promise<Created | undefined> {
    const row = await this.#row(step, key);
    if (row === undefined || row.heldBy === writeToken) return undefined;
    return row.record === undefined ? { outcome: "ended" } : { outcome: "exists", writeToken: row.record.writeToken };
  }

  async #begin(step: Step, key: string, given: NewRecord): Promise<Created> {
    const record = newRecord(step.now, given);
    await this.#rows.write(key, { until: record.expiresAt, record }, step.now);
    return { outcome: "done", expiresAt: record.expiresAt, evicted: [] };
  }

  async #end(step: Step, key: string, tombstone: number): Promise<boolean> {
    const row = await this.#row(step, key);
    const isLonger = row !== undefined && row.record === undefined && row.until >= step.now + tombstone;
    if (!isLonger) await this.#write(step, key, { until: step.now + tombstone });
    return row?.record !== undefined;
  }

  /** What is under a key and has not expired. */
  async #row(step: Step, key: string): Promise<Row | undefined> {
    step.patience.check();
    const row = await this.#rows.read(key);
    return row !== undefined && row.until > step.now ? row : undefined;
  }

  async #write(step: Step, key: string, row: Row): Promise<void> {
    step.patience.check();
    await this.#rows.write(key, row, step.now);
  }

  async #removeExpired(step: Step, key: string): Promise<Row | undefined> {
    const row = await this.#rows.read(key);
    if (row === undefined || row.until > step.now) return undefined;
    step.patience.check();
    await this.#rows.remove(key);
    return row;
  }

  #requireSize(data: string): void {
    if (Buffer.byteLength(data) <= this.#dataLimit) return;
    const message = `The session's data has more than ${this.#dataLimit} bytes: keep less in the session`;
    throw ironkeepError("ERR_SESSION_TOO_LARGE", message);
  }
}

/** What a storage without transactions would only seem to keep. */
function requireNoPromise({ cap, import: imported }: NewRecord): void {
  if (cap !== undefined) throw refusal("hold a user to a cap");
  if (imported !== undefined) throw refusal("import sealed sessions");
}

async function refuse(what: string): Promise<never> {
  throw refusal(what);
}

function refusal(what: string): Error {
  return ironkeepError("ERR_CONFIG", `A store on unstorage cannot ${what}: use a store of createStore for that`);
}
