import { short } from "./table.mjs";

/** Says of goals, each with `atMost` or `atLeast`, whether their values meet them. */
export const judged = (goals) =>
  goals.map((goal) => ({
    ...goal,
    met: goal.atLeast === undefined ? goal.value <= goal.atMost : goal.value >= goal.atLeast,
  }));

/** Prints what {@link judged} gave. */
export function printGoals(goals) {
  console.log("\nGoals, by the medians:");
  for (const { text, atLeast, atMost, value, met } of goals) {
    const bound = atLeast === undefined ? `at most ${short(atMost)}` : `at least ${short(atLeast)}`;
    console.log(`  ${text}: ${short(value)}; ${bound}: ${met ? "met" : "NOT MET"}`);
  }
}
