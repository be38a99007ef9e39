/** The sessions of whoever asks. */
export default defineEventHandler(async (event) => {
  const { id, userId } = await useSession(event);
  if (id === undefined || userId === undefined) throw createError({ statusCode: 401, message: "Sign in first." });
  const [own, all] = await Promise.all([useSessions().get(id), useSessions().list(userId)]);
  return all.map(({ handle, label, lastSeenAt }) => ({ handle, label, lastSeenAt, isThis: handle === own?.handle }));
});
