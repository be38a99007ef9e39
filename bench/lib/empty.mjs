/** What the empty process imports: nothing of use, by the same loader. */
export const nothing = undefined;
