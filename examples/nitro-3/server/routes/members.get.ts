import { defineHandler, html, raw, redirect } from "h3";
import { useSession, useSessions } from "ironkeep/nitro/runtime";

import { escape, page } from "../page";

export default defineHandler(async (event) => {
  const { userId } = await useSession(event);
  if (!userId) return redirect("/", 303);
  const devices = await useSessions().list(userId);
  return html(
    raw(page(`<h1>Hello, ${escape(userId)}</h1><p>Signed in on ${devices.length} device(s).</p><a href="/">Back</a>`)),
  );
});
