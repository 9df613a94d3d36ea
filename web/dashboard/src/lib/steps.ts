import type { Connections, LiveEvent, SurveySummary, Trigger } from "../api/contract.ts";

export type Steps = { enabled: boolean; sent: boolean; installed: boolean; launched: boolean };

/** How far a workspace has come; each step is read from what the server knows, never from a click. */
export function stepsOf(connections: Connections, events: LiveEvent[], triggers: Trigger[], surveys: SurveySummary[]): Steps {
  return {
    enabled: connections.backend.enabled || connections.backend.keys.length > 0,
    sent: events.some((event) => event.outcome !== "rejected") || triggers.some((trigger) => trigger.kind === "backend" && trigger.count > 0),
    installed: connections.sdk.last_used_at !== null,
    launched: surveys.some((survey) => survey.launched_at !== null || survey.status === "live"),
  };
}

export const stepsDone = (steps: Steps): number => Object.values(steps).filter(Boolean).length;
