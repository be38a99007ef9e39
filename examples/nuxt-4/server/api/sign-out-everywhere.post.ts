export default defineEventHandler(async (event) => {
  const session = await useSession(event);
  const { userId } = session;
  if (userId === undefined) throw createError({ statusCode: 401, message: "Sign in first." });
  await useSessions().revoke(userId);
  await session.clear();
  return { ok: true };
});
