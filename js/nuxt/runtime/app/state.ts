/** The keys of what a page carries from the server to the browser: the session as it is shown, and whether it was looked at. */
export const SESSION_STATE = "ironkeep:session";
export const READY_STATE = "ironkeep:ready";
