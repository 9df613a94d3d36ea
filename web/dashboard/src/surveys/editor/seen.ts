import { useQuery } from "@tanstack/react-query";
import { attributes } from "../../api/users.ts";
import { useWorkspace } from "../../app/workspace.tsx";
import { useTriggers } from "../api.ts";
import type { Source } from "../model/document.ts";
import type { SeenProperty } from "../model/filters.ts";
import { useDraft } from "./context.tsx";

/** What was seen of the survey's own triggers, and of the workspace's users: the names to suggest. */
export function useSeen(source: Source): readonly SeenProperty[] {
  const { document } = useDraft();
  const w = useWorkspace().id;
  const kind = source === "event" || source === "events" ? "backend" : "frontend";
  const { data } = useTriggers(kind);
  const known = useQuery({ ...attributes(w), enabled: source === "user" }).data ?? [];
  if (source === "user") return known.map(({ name, types, examples }) => ({ key: name, types, examples }));
  const own = kind === "backend" ? (document.launch.activation?.backend_triggers ?? []) : document.launch.frontend_triggers;
  const names = new Set(own.map(({ name }) => name));
  const properties = (data?.items ?? []).filter(({ name }) => names.has(name)).flatMap((trigger) => {
    return source === "events" ? trigger.properties.map((property) => ({ ...property, key: `${trigger.name}.${property.key}` })) : trigger.properties;
  });
  return [...new Map(properties.map((property) => [property.key, property])).values()];
}
