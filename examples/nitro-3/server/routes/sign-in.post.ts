import { type H3Event, defineHandler, redirect } from "h3";
import { defineRateLimit } from "ironkeep/h3";
import { useSession } from "ironkeep/nitro/runtime";

const limit = defineRateLimit({ name: "sign-in", quota: "5/1m" });

export default defineHandler(
  limit.wrap(async (event: H3Event) => {
    const user = new URLSearchParams(await event.req.text()).get("user") ?? "";
    if (user === "") return redirect("/", 303);
    // An app of yours looks at a password here.
    const session = await useSession(event);
    // A cookie of a session that was ended elsewhere: this request has checked a password, and starts anew.
    if (session.id === undefined) await session.clear();
    await session.regenerate({ userId: user, label: event.req.headers.get("user-agent") ?? "" });
    return redirect("/members", 303);
  }),
);
