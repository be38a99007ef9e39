/** Who may sign in. An app asks its database here, and compares hashes. */
export function findAccount(name: string, password: string): { id: string; name: string } | undefined {
  if (name === "" || password !== "sesame") return undefined;
  return { id: name.toLowerCase(), name };
}
