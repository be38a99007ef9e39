/** Whether a request has come over a socket to this process. */
let hasSockets = false;

/**
 * With what unenv made a request of h3 1: an app asks itself in this way, and some platforms hand over every visitor's request so.
 * `undefined` for one that came over a socket.
 */
export function originOf(request: {
  readonly __unenv__?: Record<PropertyKey, unknown> | undefined;
}): Record<PropertyKey, unknown> | undefined {
  if (!("__unenv__" in request)) {
    hasSockets = true;
    return undefined;
  }
  const { __unenv__: origin = {} } = request;
  return origin;
}

/** Whether visitors come over sockets, so that what does not is the app's own. */
export function comeOverSockets(): boolean {
  return hasSockets;
}
