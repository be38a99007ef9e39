import { defineHandler, redirect } from "h3";
import { defineRateLimit, useRateLimit } from "ironkeep/h3";
import { useSession } from "ironkeep/nitro/runtime";

import { home } from "../pages";
import { refuse, show } from "../show";

const limit = defineRateLimit({ name: "sign-in", quota: "10/1m" });

export default defineHandler(async (event) => {
  const decision = await useRateLimit(event, limit);
  if (!decision.allowed) return show(home({ problem: `Too many tries. Wait ${refuse(event, decision)} s.` }));
  const form = new URLSearchParams(await event.req.text());
  const name = form.get("name")?.trim() ?? "";
  // An app of yours asks its database here, and compares hashes.
  if (name === "" || form.get("password") !== "sesame") {
    event.res.status = 401;
    return show(home({ name, problem: "This is not the password." }));
  }
  const session = await useSession(event);
  // A cookie of a session that was ended elsewhere: this request has checked a password, and starts anew.
  if (session.id === undefined) await session.clear();
  // A new id, so that nobody signs in under one that was planted.
  await session.regenerate({ userId: name, label: event.req.headers.get("user-agent") ?? "" });
  return redirect("/members", 303);
});
