import { emptyData } from "../data.js";
import { toCall } from "./call.js";
import { flashSession } from "./flash.js";
import { open } from "./opening.js";
import { regenerateSession } from "./regenerate.js";
import { clearSession, destroySession, replaceSession, touchSession, updateSession } from "./session.js";
import type { StandardSchemaV1 } from "../standard-schema.js";
import type { Live } from "./state.js";
import type {
  DataOf,
  SessionConfig,
  SessionConfigWith,
  SessionData,
  SessionEvent,
  SessionFlash,
  SessionManager,
} from "./types.js";
import * as stored from "./stored/index.js";
import { write } from "./writing.js";

/**
 * Gets the session of this request, and a manager to change it. A new session's cookie is set at once, unless `lazy`; with a
 * `store` the first write begins it.
 *
 * @param event an event of h3 v1 or v2, or a WebSocket peer, whose sealed session can be read alone, and whose stored one has no
 * new id.
 * @param config see {@link SessionConfig}. With a schema, its output is the type of the data.
 * @throws as `getSession`.
 */
export async function useSession<
  T extends SessionData = SessionData,
  S extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
>(event: SessionEvent, config: SessionConfigWith<S>): Promise<SessionManager<DataOf<T, S>>> {
  if (stored.isStored(config)) {
    const live = await stored.liveAfterOpening(event, config);
    return new Manager(event, config, live) as SessionManager<DataOf<T, S>>;
  }
  const call = toCall(event, config);
  if (!call) return new Manager(event, config, undefined) as SessionManager<DataOf<T, S>>;
  const { live } = call;
  const opened = open(call);
  if (opened instanceof Promise) await opened;
  if (!live.cleared && !config.lazy) {
    const written = live.isNew ? write(call) : live.issuing;
    if (written) await written;
  }
  return new Manager(event, config, live) as SessionManager<DataOf<T, S>>;
}

type Do<K extends keyof SessionManager> = SessionManager[K];

/** A property that every manager has of its own. */
function own<T>(get: (this: Manager) => T): PropertyDescriptor {
  return { get, enumerable: true, configurable: true };
}

/**
 * A manager is made in every request, and few of its functions are called: they are made when they are asked for, and may be
 * taken off on their own. The keys of h3's managers are its own keys.
 *
 * Their getters are the same functions on every manager. Of functions that are new ones each time V8 makes a shape for each
 * object, which keeps the whole request alive until the next full collection.
 */
class Manager implements SessionManager {
  declare readonly id: string | undefined;
  declare readonly data: SessionData;
  declare readonly update: Do<"update">;
  declare readonly clear: Do<"clear">;

  readonly #event: SessionEvent;
  readonly #config: SessionConfig;
  /** `undefined` inside a cache. */
  readonly #live: Live | undefined;

  static readonly #id = own(function id() {
    return this.#live?.session?.id || undefined;
  });

  static readonly #data = own(function data() {
    return this.#live?.session?.data ?? emptyData();
  });

  static readonly #update = own<Do<"update">>(function changing() {
    return async (update) => {
      await updateSession(this.#event, this.#config, update);
      return this;
    };
  });

  static readonly #clear = own<Do<"clear">>(function clearing() {
    return async () => {
      await clearSession(this.#event, this.#config);
      return this;
    };
  });

  constructor(event: SessionEvent, config: SessionConfig, live: Live | undefined) {
    this.#event = event;
    this.#config = config;
    this.#live = live;
    // One by one they take a third less time than as a list.
    Object.defineProperty(this, "id", Manager.#id);
    Object.defineProperty(this, "data", Manager.#data);
    Object.defineProperty(this, "update", Manager.#update);
    Object.defineProperty(this, "clear", Manager.#clear);
  }

  get userId(): string | undefined {
    const userId: unknown = this.#live?.session?.userId;
    return typeof userId === "string" ? userId : undefined;
  }

  get authenticatedAt(): number | undefined {
    const at: unknown = this.#live?.session?.authenticatedAt;
    return typeof at === "number" ? at : undefined;
  }

  get replace(): Do<"replace"> {
    return async (data) => {
      await replaceSession(this.#event, this.#config, data);
      return this;
    };
  }

  get regenerate(): Do<"regenerate"> {
    return async (options) => {
      await regenerateSession(this.#event, this.#config, options);
      return this;
    };
  }

  get touch(): Do<"touch"> {
    return async () => {
      await touchSession(this.#event, this.#config);
      return this;
    };
  }

  get flash(): SessionFlash {
    const flash = async (key: string, value?: unknown): Promise<unknown> => {
      const taken = await flashSession(this.#event, this.#config, key, value);
      return value === undefined ? taken : this;
    };
    return flash as SessionFlash;
  }

  get destroy(): Do<"destroy"> {
    return async () => {
      await destroySession(this.#event, this.#config);
      return this;
    };
  }

  /** What a handler answers that returns the manager, as with h3's. Without it h3 2 takes it for no JSON, being of a class. */
  toJSON(): { id: string | undefined; data: SessionData } {
    return { id: this.id, data: this.data };
  }
}
