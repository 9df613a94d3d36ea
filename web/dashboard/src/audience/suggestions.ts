import { useQuery } from "@tanstack/react-query";
import { cohorts } from "../api/cohorts.ts";
import type { KnownAttribute, SurveyName } from "../api/contract.ts";
import { surveyList } from "../api/surveys.ts";
import { attributes } from "../api/users.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { leavesOf, type Node } from "./model.ts";
import type { Names } from "./words.ts";

/** What the workspace has that a condition can speak of. */
export interface Suggestions {
  readonly attributes: readonly KnownAttribute[];
  readonly surveys: readonly SurveyName[];
  /** Null where cohorts cannot be used: in a cohort. */
  readonly cohorts: readonly SurveyName[] | null;
}

const names = (items: readonly SurveyName[] | undefined): readonly SurveyName[] => (items ?? []).map(({ id, name }) => ({ id, name: name || "Untitled" }));

export function useSuggestions(withCohorts: boolean): Suggestions {
  const w = useWorkspace().id;
  const known = useQuery(attributes(w)).data ?? [];
  const surveys = useQuery(surveyList(w)).data;
  const lists = useQuery({ ...cohorts(w), enabled: withCohorts }).data;
  return { attributes: known, surveys: names(surveys), cohorts: withCohorts ? names(lists) : null };
}

const byId = (items: readonly SurveyName[] | undefined) => items && new Map(items.map(({ id, name }) => [id, name || "Untitled"]));

/** The names that these conditions need to be said in words; nothing is asked of the server without need. */
export function useNames(node: Node | undefined): Names {
  const w = useWorkspace().id;
  const leaves = leavesOf(node);
  const surveys = useQuery({ ...surveyList(w), enabled: leaves.some((leaf) => "survey" in leaf) }).data;
  const lists = useQuery({ ...cohorts(w), enabled: leaves.some((leaf) => "cohort" in leaf) }).data;
  return { surveys: byId(surveys), cohorts: byId(lists) };
}
