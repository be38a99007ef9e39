/** Signs out, here or everywhere, so that `wasElsewhere` tells such an end from one that came from another tab or device. */
export function useSignOut() {
  const { clear, fetch } = useUserSession();
  const isOurs = useState("sign-out", () => false);

  async function own(end: () => Promise<unknown>) {
    isOurs.value = true;
    try {
      await end();
    } finally {
      isOurs.value = false;
    }
  }

  return {
    signOut: () => own(clear),
    signOutEverywhere: () =>
      own(async () => {
        await $fetch("/api/sign-out-everywhere", { method: "POST" });
        await fetch();
      }),
    wasElsewhere: () => !isOurs.value,
  };
}
