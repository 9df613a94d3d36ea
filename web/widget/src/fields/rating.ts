import { h, icon } from "../dom.ts";
import { describe, type Field, type FieldContext, type MakeField } from "../field.ts";

const STAR = "M12 2.6l2.9 5.9 6.5.95-4.7 4.58 1.1 6.47L12 17.45 6.2 20.5l1.1-6.47L2.6 9.45l6.5-.95z";

interface Scale {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  face(value: number): Node;
}

/** 0 to 10. */
export const npsField: MakeField = (context) =>
  ratingField(context, { kind: "nps", from: 0, to: 10, face: (value) => h("span", {}, String(value)) });

/** 1 to 5. */
export const starField: MakeField = (context) => ratingField(context, { kind: "stars", from: 1, to: 5, face: () => icon(STAR) });

/** A row of numbers. A tap decides; the arrow keys only choose, so that nobody is swept on. */
function ratingField(context: FieldContext, scale: Scale): Field {
  const group = h("div", { class: scale.kind, role: "radiogroup" });
  const mark = describe(group, context);
  const cells: HTMLLabelElement[] = [];
  let tapped = false;
  group.addEventListener("pointerdown", () => (tapped = true));
  group.addEventListener("keydown", () => (tapped = false));
  const { low, high } = context.question.labels ?? {};
  for (let value = scale.from; value <= scale.to; value += 1) {
    const meaning = value === scale.from ? low : value === scale.to ? high : null;
    const radio = h("input", { type: "radio", name: "rating", value, "aria-label": meaning ? `${value}, ${meaning}` : value });
    const cell = h("label", { class: "cell" }, radio, scale.face(value));
    radio.addEventListener("click", () => {
      if (tapped) context.onDecided();
      tapped = false;
    });
    radio.addEventListener("change", () => {
      for (const [index, each] of cells.entries()) each.classList.toggle("on", index + scale.from <= value);
      context.onAnswer({ number: value });
    });
    cells.push(cell);
    group.append(cell);
  }
  const ends = (low || high) && h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, low), h("span", {}, high));
  const element = h("div", { class: "rating" }, group, ends);
  return { element, mark, focus: () => cells[0]?.querySelector("input")?.focus() };
}
