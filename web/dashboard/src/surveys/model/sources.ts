/** What the server knows besides answers: where texts take values from, and what logic can ask. */
import type { FactCondition, Source } from "./document.ts";
import { filterInWords, newFilter } from "./filters.ts";

export const SOURCE_WORDS: Readonly<Record<Source, string>> = {
  event: "Backend event",
  events: "Backend event of each trigger",
  trigger: "Frontend trigger",
  user: "User",
};

export function newFact(source: Source): FactCondition {
  return { source, ...newFilter("") };
}

/** `Backend event: author.name is Ursula`. */
export function factInWords(condition: FactCondition): string {
  return `${SOURCE_WORDS[condition.source]}: ${filterInWords({ name: "", filter: { all: [condition] } })}`;
}
