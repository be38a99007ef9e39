/** For pages that need a user: `definePageMeta({ middleware: "signed-in" })`. */
export default defineNuxtRouteMiddleware(async () => {
  const { loggedIn, ready, fetch } = useUserSession();
  if (!ready.value) await fetch();
  if (!loggedIn.value) return navigateTo("/sign-in");
});
