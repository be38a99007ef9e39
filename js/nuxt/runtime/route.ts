/** Where the browser asks for its session, and ends it. */
export const SESSION_ROUTE = "/api/_ironkeep/session";
