import { defineHandler, redirect } from "h3";
import { useSession, useSessions } from "ironkeep/nitro/runtime";

import { members } from "../pages";
import { show } from "../show";

export default defineHandler(async (event) => {
  const { id, userId: user } = await useSession(event);
  if (!id || !user) return redirect("/", 303);
  const [session, devices] = await Promise.all([useSessions().get(id), useSessions().list(user)]);
  return show(members({ user, devices, own: session?.handle }));
});
