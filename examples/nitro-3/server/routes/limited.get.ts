import { defineHandler } from "h3";
import { defineRateLimit, useRateLimit } from "ironkeep/h3";
import { useSession } from "ironkeep/nitro/runtime";

import { answer, tooOften } from "../pages";
import { refuse, show } from "../show";

const limit = defineRateLimit({ name: "limited", quota: "10/1m" });

export default defineHandler(async (event) => {
  const { userId: user } = await useSession(event);
  const decision = await useRateLimit(event, limit);
  if (!decision.allowed) return show(tooOften({ user, seconds: refuse(event, decision) }));
  return show(answer({ user, remaining: decision.remaining }));
});
