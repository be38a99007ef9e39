import { defineHandler, redirect } from "h3";
import { useSession } from "ironkeep/nitro/runtime";

export default defineHandler(async (event) => {
  const session = await useSession(event);
  await session.clear();
  return redirect("/", 303);
});
