import { isIronkeepError } from "ironkeep";

/** Counts the pages that a visitor has loaded. */
export default defineEventHandler(async (event) => {
  if (getHeader(event, "sec-fetch-dest") !== "document") return;
  const session = await useSession<{ visits?: number }>(event);
  try {
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
  } catch (error) {
    // It was ended elsewhere a moment ago: the page is for nobody, and not counted.
    if (!isIronkeepError(error) || error.code !== "ERR_SESSION_NOT_FOUND") throw error;
  }
});
