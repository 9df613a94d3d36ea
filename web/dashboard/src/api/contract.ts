/** What the dashboard calls the API's types. Where the document cannot say as much (any JSON, a closed list), more is said here. */
import type { Schemas } from "@sonde/api-client";
import type { Node } from "../audience/model.ts";

export type Page<T> = { items: T[]; next?: string | null };
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

type With<T, More> = Omit<T, keyof More> & More;

export type Workspace = Schemas["WorkspaceBody"];
export type AuthState = Schemas["AuthState"];

export type BackendKey = Schemas["BackendKeyBody"];
export type NewBackendKey = Schemas["NewKeyBody"];
export type Connections = With<Schemas["ConnectionsBody"], { sdk: With<Schemas["SdkConnection"], { key: string | null; last_used_at: string | null }> }>;
export type TestEvent = With<Schemas["TestEventRequest"], { properties: JsonObject }>;
export type TestEventResult = Schemas["TestEventBody"];
export type LiveEvent = With<Schemas["LiveEventBody"], { properties?: JsonObject | null }>;

export type TriggerKind = Schemas["KindWire"];
export type TriggerProperty = Schemas["PropertyBody"];
/** A backend trigger whose earlier events are taken back; with `equal_property` only those with the same value there. */
export type Cancel = { trigger: string; equal_property: string | null };
export type Trigger = With<Schemas["TriggerItem"], { first_seen_at: string | null; last_seen_at: string | null; cancels: Cancel[] }>;

export type SurveyStatus = Schemas["UseStatus"];
export type SurveySummary = With<Schemas["SurveySummaryBody"], { status: SurveyStatus }>;
export type SurveyError = Schemas["DraftErrorBody"];
export type Survey = With<
  Schemas["SurveyDetailBody"],
  { status: SurveyStatus; draft: JsonObject; published: With<Schemas["PublishedBody"], { document: JsonObject }> | null }
>;

export type ConditionSource = "answer" | "event" | "trigger" | "user" | "display";
export type Operator =
  | "equals" | "not_equals" | "in" | "contains" | "starts_with" | "ends_with"
  | "greater" | "greater_or_equal" | "less" | "less_or_equal" | "exists" | "not_exists";
export type FilterCondition = { source: ConditionSource; path: string; op: Operator; value?: Json };
export type ResultsFilter = { from: string | null; to: string | null; all: FilterCondition[] };

export type QuestionResult = Schemas["QuestionResultBody"];
export type TextAnswer = Schemas["TextAnswerBody"];
export type Results = Schemas["ResultsBody"];

export type Answer = Schemas["AnswerWire"];
export type ResponseRow = With<
  Schemas["RowBody"],
  { duration_ms: number | null; answers: Record<string, Answer>; event?: JsonObject | null; trigger?: JsonObject | null; user: JsonObject }
>;
export type ResponsePage = Page<ResponseRow> & { total?: number | null };

export type Appearance = Schemas["AppearanceWire"];
export type WidgetTheme = Schemas["ThemeBody"];
export type Settings = Schemas["SettingsBody"];
export type IdentitySecret = Schemas["IdentitySecretBody"];
export type NewIdentitySecret = Schemas["NewIdentitySecretBody"];

export type Namespace = "identified" | "anonymous";
export type SurveyName = { id: string; name: string };
export type UserSummary = { user_id: string; namespace: Namespace; last_seen_at: string | null; last_seen_by: "event" | "response" | null };
export type AttributeKind = "text" | "number" | "boolean" | "date";
export type KnownAttribute = { name: string; types: AttributeKind[]; examples: string[] };
export type UserAttribute = { name: string; type: AttributeKind; value: Json };
/** Why a survey was not shown: a code of the closed list, the sentence for people, and the facts. */
export type Reason = { code: string; detail: string };
export type EventWindow = { survey: SurveyName; opens_at: string; expires_at: string; consumed: boolean };
export type UserEvent = {
  event_id: string;
  trigger: string;
  effective_at: string;
  received_at: string;
  properties: JsonObject;
  cancelled: boolean;
  windows: EventWindow[];
};
export type UserDisplay = {
  display_id: string;
  survey: SurveyName;
  version: number;
  state: string;
  claimed_at: string;
  shown_at: string | null;
  completed_at: string | null;
  trigger: string;
};
export type Refusal = {
  first_at: string;
  last_at: string;
  count: number;
  trigger: string | null;
  platform: string | null;
  surveys: { survey: SurveyName; reasons: Reason[] }[];
};
export type UserDetail = {
  user_id: string;
  namespace: Namespace;
  alias_of: string | null;
  aliases: string[];
  is_test_user: boolean;
  attributes: UserAttribute[];
  last_shown_at: string | null;
  wait_until: string | null;
  open_claim: { survey: SurveyName; lease_until: string } | null;
  events: UserEvent[];
  displays: UserDisplay[];
  refusals: Refusal[];
};
export type Decision = { survey: SurveyName & { status: SurveyStatus }; due: boolean; reasons: Reason[] };
export type Decisions = { at: string; trigger: string | null; platform: string | null; winner: SurveyName | null; surveys: Decision[] };

export type Cohort = { id: string; name: string; description: string; condition: Node; created_at: string; updated_at: string; used_by: SurveyName[] };
export type RefusalCounts = { days: string[]; reasons: { code: string; total: number; daily: number[] }[]; asked: number; shown: number };
export type Estimate = { due: number; looked_at: number; total: number; exact: boolean; how: string; refused: { code: string; count: number }[] };
