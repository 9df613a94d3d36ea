import { h } from "../dom.ts";
import { describe, type MakeField } from "../field.ts";
import { ordered } from "../order.ts";

/** One choice of several; a choice may ask for words of its own. */
export const selectField: MakeField = (context) => {
  const { question, texts } = context;
  const group = h("div", { class: "options", role: "radiogroup" });
  const mark = describe(group, context);
  const other = h("input", { type: "text", class: "input", maxlength: 500, "aria-label": texts.other, placeholder: texts.other });
  const extra = h("div", { class: "other", hidden: true }, other);
  let chosen: string | null = null;

  const answer = () => {
    if (chosen === null) return undefined;
    const text = extra.hidden ? "" : other.value.trim();
    return text ? { options: [chosen], other_text: text } : { options: [chosen] };
  };
  other.addEventListener("input", () => context.onTyping(answer()));
  other.addEventListener("change", () => context.onAnswer(answer()));

  const radios = ordered(question, context.random).map((option) => {
    const radio = h("input", { type: "radio", name: "choice", value: option.id });
    const row = h("label", { class: "option" }, radio, h("span", { class: "dot" }), h("span", { class: "text" }, option.label));
    radio.addEventListener("change", () => {
      chosen = option.id;
      extra.hidden = !option.allows_text;
      if (option.allows_text) row.after(extra);
      context.onAnswer(answer());
    });
    group.append(row);
    return radio;
  });
  return { element: group, mark, focus: () => radios[0]?.focus() };
};
