/** Survey documents. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sonde.mjs";

/** The demo's: four questions, due for two hours after `ended_sleep`, shown at `MainActivity`, again with each event. */
export const SLEEP_QUALITY = readFileSync(join(ROOT, "demo/surveys/sleep-quality.json"), "utf8");

/** One question, shown at `MainActivity` until shown once; it needs no event. */
export function shortSurvey({ name = "Mood", title = "How are you?", question = "mood", ...launch } = {}) {
  return {
    format_version: 1,
    name,
    default_language: "en",
    questions: [
      {
        id: question,
        type: "single_select_feedback",
        title: { en: title },
        options: [
          { id: "good", label: { en: "Good" } },
          { id: "bad", label: { en: "Bad" } },
        ],
      },
    ],
    launch: { frontend_triggers: [{ name: "MainActivity" }], ...launch },
  };
}

/** As a survey's `activation`: due for two hours after the event. */
export function after(name, expires_after_secs = 7_200) {
  return { backend_triggers: [{ name }], expires_after_secs };
}
