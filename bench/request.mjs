// The CPU of a request's session: h3's own useSession beside Ironkeep's, in a server that is asked by HTTP.
import { measureRequests, printRequests } from "./lib/requests.mjs";

const ROUNDS = 7;

/** Measures, prints, and gives the result as data. */
export async function run() {
  const result = await measureRequests({ rounds: ROUNDS });
  printRequests(result);
  return result;
}
