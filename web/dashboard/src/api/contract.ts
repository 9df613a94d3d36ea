/** What the dashboard calls the API's types. Where the document cannot say as much (any JSON, a closed list), more is said here. */
import type { Schemas } from "@sonde/api-client";

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
export type Trigger = With<Schemas["TriggerItem"], { first_seen_at: string | null; last_seen_at: string | null }>;

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
