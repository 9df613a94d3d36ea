import { CircleDot, Gauge, Star, TextCursorInput } from "lucide-react";
import type { QuestionType } from "../model/document.ts";

/** The types of question, in the order of the menu. */
export const TYPES: Readonly<Record<QuestionType, { readonly name: string; readonly use: string; readonly icon: typeof Star }>> = {
  single_select_feedback: { name: "Choice", use: "One of several options", icon: CircleDot },
  nps_feedback: { name: "NPS", use: "Likely to recommend, 0 to 10", icon: Gauge },
  star_feedback: { name: "Stars", use: "1 to 5 stars", icon: Star },
  input_feedback: { name: "Text", use: "In the user's own words", icon: TextCursorInput },
};

export function TypeIcon({ type, size = 16 }: { type: QuestionType; size?: number }) {
  const Icon = TYPES[type]?.icon ?? TextCursorInput;
  return <Icon size={size} aria-hidden className="shrink-0 text-ink-3" />;
}
