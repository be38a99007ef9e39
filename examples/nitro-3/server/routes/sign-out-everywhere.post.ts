import { defineHandler, redirect } from "h3";
import { useSession, useSessions } from "ironkeep/nitro/runtime";

export default defineHandler(async (event) => {
  const session = await useSession(event);
  if (session.userId) await useSessions().revoke(session.userId);
  await session.clear();
  return redirect("/", 303);
});
