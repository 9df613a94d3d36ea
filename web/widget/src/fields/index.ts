import type { MakeField } from "../field.ts";
import { npsField, starField } from "./rating.ts";
import { selectField } from "./select.ts";
import { textField } from "./text.ts";

/** Question types this widget can draw. A question of another type is left out. */
export const FIELDS: Readonly<Record<string, MakeField>> = {
  single_select_feedback: selectField,
  nps_feedback: npsField,
  star_feedback: starField,
  input_feedback: textField,
};
