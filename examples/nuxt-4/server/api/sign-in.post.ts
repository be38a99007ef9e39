export default defineEventHandler(async (event) => {
  const { name, password } = (await readBody<{ name?: unknown; password?: unknown } | undefined>(event)) ?? {};
  const account = findAccount(String(name ?? "").trim(), String(password ?? ""));
  if (!account) throw createError({ statusCode: 401, message: "This is not the password." });
  const session = await useSession(event);
  // A cookie of a session that was ended elsewhere: this request has checked a password, and starts anew.
  if (session.id === undefined) await session.clear();
  // A new id, so that nobody signs in under one that was planted.
  await session.regenerate({ userId: account.id, label: deviceOf(getHeader(event, "user-agent")) });
  await session.update({ user: { name: account.name, signedInAt: Date.now() } });
  return { ok: true };
});
