import { h } from "../dom.ts";
import { describe, type MakeField } from "../field.ts";

const LONGEST = 2000;

/** Words. Blank is no answer. */
export const textField: MakeField = (context) => {
  const { question } = context;
  const area = h("textarea", {
    class: "input",
    rows: 4,
    maxlength: question.max_length ?? LONGEST,
    placeholder: question.placeholder,
  });
  const mark = describe(area, context);
  const answer = () => (area.value.trim() ? { text: area.value } : undefined);
  area.addEventListener("input", () => {
    // Words may run the other way than the survey; the placeholder runs with it.
    area.dir = area.value ? "auto" : "";
    context.onTyping(answer());
  });
  area.addEventListener("change", () => context.onAnswer(answer()));
  return { element: area, mark, focus: () => area.focus() };
};
