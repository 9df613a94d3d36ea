import type { Option, Question } from "./content.ts";

/** The options in the order to show: Fisher-Yates, with the last kept in place when asked. */
export function ordered(question: Question, random: () => number): readonly Option[] {
  const options = [...(question.options ?? [])];
  const mode = question.randomise ?? "none";
  if (mode === "none") return options;
  const movable = mode === "keep_last" ? options.length - 1 : options.length;
  for (let last = movable - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [options[last], options[other]] = [options[other] as Option, options[last] as Option];
  }
  return options;
}
