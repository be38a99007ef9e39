import { defineHandler, redirect } from "h3";
import { useSession, useSessions } from "ironkeep/nitro/runtime";

export default defineHandler(async (event) => {
  const { userId } = await useSession(event);
  if (userId) await useSessions().revoke(userId);
  return redirect("/", 303);
});
