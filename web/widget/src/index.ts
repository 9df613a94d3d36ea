import { type RenderedSurvey, type RenderOptions, Survey } from "./survey.ts";

export type { Answer, Answers, Question, SurveyContent, Texts } from "./content.ts";
export type { RenderedSurvey, RenderOptions } from "./survey.ts";
export type { Theme } from "./theme.ts";
export type { Values } from "./values.ts";

/** Draws a survey. Throws when it holds no question that this widget knows. */
export function renderSurvey(options: RenderOptions): RenderedSurvey {
  return new Survey(options);
}
