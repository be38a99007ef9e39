import { defineHandler } from "h3";
import { isIronkeepError } from "ironkeep";
import { useSession } from "ironkeep/nitro/runtime";

import { home } from "../pages";
import { show } from "../show";

export default defineHandler(async (event) => {
  const session = await useSession<{ visits?: number }>(event);
  let isEnded = false;
  try {
    await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
  } catch (error) {
    if (!isIronkeepError(error) || error.code !== "ERR_SESSION_NOT_FOUND") throw error;
    // It was ended elsewhere, which is said once: its cookie goes.
    isEnded = true;
    await session.clear();
  }
  return show(home({ user: session.userId, visits: session.data.visits, isEnded }));
});
