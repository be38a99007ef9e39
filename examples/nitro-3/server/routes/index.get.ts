import { defineHandler, html, raw } from "h3";
import { useSession } from "ironkeep/nitro/runtime";

import { home } from "../page";

export default defineHandler(async (event) => {
  const session = await useSession<{ visits?: number }>(event);
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
  return html(raw(home({ user: session.userId, visits: session.data.visits ?? 0 })));
});
