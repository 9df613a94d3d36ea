/** The dashboard API's types, by its contract. */

export type Page<T> = { items: T[]; next: string | null };
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export type Workspace = { id: string; name: string };
export type AuthState = {
  setup_needed: boolean;
  member: { id: string; email: string } | null;
  workspaces: Workspace[];
  csrf_token: string | null;
  public_url: string;
};

export type BackendKey = { id: string; hint: string; created_at: string; last_used_at: string | null };
export type NewBackendKey = { id: string; key: string; hint: string };
export type Connections = {
  event_url: string;
  backend: { enabled: boolean; keys: BackendKey[] };
  sdk: { key: string; script_url: string; last_used_at: string | null };
};
export type TestEvent = { user_id: string; event_name: string; properties: JsonObject };
export type TestEventResult = { event_id: string; duplicate: boolean };

export type LiveEvent = {
  id: number;
  at: string;
  user_id?: string | null;
  anonymous_id?: string | null;
  event_name: string | null;
  event_id: string | null;
  outcome: "stored" | "duplicate" | "rejected";
  reason: string | null;
  properties: JsonObject | null;
  made_due: { id: string; name: string }[];
};

export type TriggerKind = "backend" | "frontend";
export type TriggerProperty = { key: string; types: string[]; examples: string[] };
export type Trigger = {
  kind: TriggerKind;
  name: string;
  first_seen_at: string | null;
  last_seen_at: string | null;
  count: number;
  daily: number[];
  properties: TriggerProperty[];
  surveys: { id: string; name: string; status: SurveyStatus }[];
  archived: boolean;
  stopped: boolean;
};

export type SurveyStatus = "draft" | "live" | "paused" | "ended";
export type SurveySummary = {
  id: string;
  name: string;
  status: SurveyStatus;
  version: number;
  draft_differs: boolean;
  shown: number;
  started: number;
  completed: number;
  updated_at: string;
  launched_at: string | null;
};
export type SurveyError = { pointer: string; detail: string };
export type Survey = {
  id: string;
  status: SurveyStatus;
  draft: JsonObject;
  draft_revision: number;
  draft_errors: SurveyError[];
  published: { version: number; document: JsonObject; published_at: string } | null;
  versions: { version: number; published_at: string }[];
  created_at: string;
  updated_at: string;
};

export type ConditionSource = "answer" | "event" | "trigger" | "user" | "display";
export type Operator =
  | "equals" | "not_equals" | "in" | "contains" | "starts_with" | "ends_with"
  | "greater" | "greater_or_equal" | "less" | "less_or_equal" | "exists" | "not_exists";
export type FilterCondition = { source: ConditionSource; path: string; op: Operator; value?: Json };
export type ResultsFilter = { from: string | null; to: string | null; all: FilterCondition[] };

export type QuestionResult = {
  id: string;
  type: string;
  title: string;
  answered: number;
  nps?: { score: number | null; promoters: number; passives: number; detractors: number; counts: number[] };
  choices?: { id: string; label: string; count: number; share: number }[];
  other_texts?: number;
  scale?: { average: number | null; counts: { value: number; count: number }[] };
  texts?: { count: number; latest: TextAnswer[] };
};
export type TextAnswer = { display_id: string; text: string; at: string };
export type Results = {
  funnel: { shown: number; started: number; completed: number; dismissed: number };
  median_seconds_to_complete: number | null;
  daily: { date: string; shown: number; completed: number }[];
  questions: QuestionResult[];
  property_keys: { event: string[]; trigger: string[]; user: string[] };
};

export type Answer = { options?: string[]; number?: number; text?: string; other_text?: string };
export type ResponseRow = {
  display_id: string;
  survey_id: string;
  survey_version: number;
  user_id?: string | null;
  anonymous_id?: string | null;
  state: string;
  platform: string;
  locale: string;
  shown_at: string | null;
  first_answered_at: string | null;
  completed_at: string | null;
  duration_ms: number | null;
  revision: number;
  answers: Record<string, Answer>;
  /** The event that made the survey due; absent for a survey that needs none. */
  activated_by?: { event_name: string; event_id: string; occurred_at: string } | null;
  event?: JsonObject | null;
  trigger_name: string;
  trigger?: JsonObject | null;
  user: JsonObject;
};
export type ResponsePage = Page<ResponseRow> & { total: number | null };

export type Appearance = "auto" | "light" | "dark";
export type WidgetTheme = {
  accent: string;
  radius: "none" | "small" | "large";
  appearance: Appearance;
  position: "bottom_right" | "bottom_left" | "center";
};
export type Settings = {
  name: string;
  wait_period_days: number;
  languages: string[];
  theme: WidgetTheme;
  allowed_origins: string[];
  response_retention_days: number | null;
  identity_proof: { mode: "off" };
};
