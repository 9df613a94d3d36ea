/** How the states of a display look. */
export const STATE_TONES: Record<string, "good" | "accent" | "neutral" | "warn"> = { completed: "good", answered: "accent", dismissed: "warn" };
