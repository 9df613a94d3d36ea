import { renderSurvey } from "@sonde/widget";
import { useEffect, useRef } from "react";
import type { WidgetTheme } from "../api/contract.ts";

const SAMPLE = {
  survey_id: "srv_preview",
  version: 1,
  language: "en",
  dismissible: false,
  show_progress: true,
  questions: [
    {
      id: "feeling",
      type: "single_select_feedback",
      title: "How do you feel this morning?",
      required: true,
      options: [
        { id: "rested", label: "Well rested" },
        { id: "fair", label: "All right" },
        { id: "tired", label: "Still tired" },
      ],
    },
    { id: "stars", type: "star_feedback", title: "How was your night?", labels: { low: "Bad", high: "Great" } },
  ],
  thank_you: { title: "Thank you" },
};

/** The widget itself in the theme being edited. */
export function WidgetPreview({ theme }: { theme: WidgetTheme }) {
  const stage = useRef<HTMLDivElement>(null);
  const { accent, radius, appearance } = theme;
  useEffect(() => {
    if (!stage.current) return;
    const survey = renderSurvey({ content: SAMPLE, container: stage.current, theme: { accent, radius, appearance }, random: () => 0.5 });
    return () => survey.destroy();
  }, [accent, radius, appearance]);
  return <div ref={stage} className="min-h-72 rounded-md bg-sunken p-3" />;
}
