/** What of a response of h3 2 is looked at here. */
interface ErrorResponse {
  readonly headers: Headers;
  /** Since h3 2.0.1-rc.27: the headers of an error response. */
  readonly errHeaders?: Headers;
}

/** What the headers of errors will hold, if they are asked for. */
export class PendingHeaders {
  cookies: readonly string[] = [];
  readonly defaults = new Map<string, string>();
}

/** Where a class of responses keeps its headers of errors, and what stands there until they are made. */
interface Place {
  readonly prototype: unknown;
  readonly key: symbol;
  readonly later: PropertyDescriptor;
}

const PENDING = Symbol("ironkeep.pending");

type Held = ErrorResponse & { [PENDING]?: PendingHeaders | undefined } & Record<symbol, unknown>;

/** Of the h3 that was seen last. In an app tree that holds two of them, each is looked at again when it follows the other. */
let known: Place | undefined;

/**
 * The headers of a response's errors, or what will be in them: they are made when somebody asks for them.
 *
 * Few requests end in an error, and `Headers` check a cookie of some kilobytes character by character, which takes as long as
 * sealing it. So a getter stands where h3 keeps them, a place that is found by looking at the first response that has any.
 * Where none is found, they are made at once.
 */
export function errorHeaders(response: ErrorResponse): Headers | PendingHeaders | undefined {
  const held = response as Held;
  const pending = held[PENDING];
  if (pending) return pending;
  const prototype: unknown = Object.getPrototypeOf(response);
  if (known?.prototype !== prototype) return look(held, prototype);
  if (!known || Object.hasOwn(response, known.key)) return response.errHeaders;
  const made = new PendingHeaders();
  held[PENDING] = made;
  Object.defineProperty(response, known.key, known.later);
  return made;
}

function look(held: Held, prototype: unknown): Headers | undefined {
  const headers = held.errHeaders;
  const key = headers && Object.getOwnPropertySymbols(held).find((one) => held[one] === headers);
  known = key && { prototype, key, later: laterAt(key) };
  return headers;
}

/** Made once for a place: of a getter of its own for each response V8 would make a shape for each. */
function laterAt(key: symbol): PropertyDescriptor {
  const replace = (held: Held, value: unknown): void => {
    held[PENDING] = undefined;
    Object.defineProperty(held, key, { value, configurable: true, enumerable: true, writable: true });
  };
  return {
    configurable: true,
    enumerable: true,
    get(this: Held) {
      const headers = new Headers();
      const { cookies, defaults } = this[PENDING] ?? new PendingHeaders();
      for (const cookie of cookies) headers.append("set-cookie", cookie);
      for (const [name, value] of defaults) headers.set(name, value);
      replace(this, headers);
      return headers;
    },
    set(this: Held, headers: unknown) {
      replace(this, headers);
    },
  };
}
