import { defineHandler, html, raw } from "h3";
import { isIronkeepError } from "ironkeep";
import { useSession } from "ironkeep/nitro/runtime";

import { home } from "../page";

export default defineHandler(async (event) => {
  const session = await useSession<{ visits?: number }>(event);
  try {
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
  } catch (error) {
    // It was ended elsewhere a moment ago: the page is for nobody, and not counted.
    if (!isIronkeepError(error) || error.code !== "ERR_SESSION_NOT_FOUND") throw error;
  }
  return html(raw(home({ user: session.userId, visits: session.data.visits ?? 0 })));
});
