import type { TriggerProperty } from "../../api/contract.ts";
import { useTriggers } from "../api.ts";
import type { Source } from "../model/document.ts";
import { useDraft } from "./context.tsx";

/** What was seen of the survey's own triggers: the properties to suggest. Of users the server lists nothing. */
export function useSeen(source: Source): readonly TriggerProperty[] {
  const { document } = useDraft();
  const kind = source === "event" ? "backend" : "frontend";
  const { data } = useTriggers(kind);
  if (source === "user") return [];
  const own = kind === "backend" ? (document.launch.activation?.backend_triggers ?? []) : document.launch.frontend_triggers;
  const names = new Set(own.map(({ name }) => name));
  const properties = (data?.items ?? []).filter(({ name }) => names.has(name)).flatMap((trigger) => trigger.properties);
  return [...new Map(properties.map((property) => [property.key, property])).values()];
}
