/** Conditions over the properties of a trigger, typed as the properties are. */
import type { FilterOperator, PropertyCondition, Trigger } from "./document.ts";

export type ValueType = "text" | "number" | "boolean";

/** What is known of a property from where it was seen. */
export interface SeenProperty {
  readonly key: string;
  readonly types: readonly string[];
  readonly examples: readonly string[];
}

export const FILTER_WORDS: Readonly<Record<FilterOperator, string>> = {
  equals: "is",
  not_equals: "is not",
  in: "is one of",
  contains: "contains",
  starts_with: "starts with",
  ends_with: "ends with",
  greater: "is more than",
  greater_or_equal: "is at least",
  less: "is less than",
  less_or_equal: "is at most",
  exists: "is set",
  not_exists: "is not set",
  matches: "matches pattern",
  any_of: "has any of",
  all_of: "has all of",
  not_in: "is none of",
  not_contains: "does not contain",
};

const BY_TYPE: Readonly<Record<ValueType, readonly FilterOperator[]>> = {
  text: ["equals", "not_equals", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "matches", "any_of", "all_of", "greater", "less", "exists", "not_exists"],
  number: ["equals", "not_equals", "in", "not_in", "greater", "greater_or_equal", "less", "less_or_equal", "any_of", "all_of", "exists", "not_exists"],
  boolean: ["equals", "not_equals", "exists", "not_exists"],
};

export function filterOperators(type: ValueType): readonly FilterOperator[] {
  return BY_TYPE[type];
}

export function takesValue(op: FilterOperator): boolean {
  return op !== "exists" && op !== "not_exists";
}

const MANY: readonly FilterOperator[] = ["in", "not_in", "any_of", "all_of"];

/** Operators that compare with a list of values. */
export function takesMany(op: FilterOperator): boolean {
  return MANY.includes(op);
}

/** The type of a value, else what was seen of the property, else text. */
export function typeOf(value: unknown, seen: readonly string[] = []): ValueType {
  const sample = Array.isArray(value) ? value[0] : value;
  if (typeof sample === "number") return "number";
  if (typeof sample === "boolean") return "boolean";
  if (typeof sample === "string") return "text";
  if (seen.includes("number")) return "number";
  return seen.includes("boolean") ? "boolean" : "text";
}

/** What was typed, as a value of that type; undefined when it is none. */
export function parseValue(typed: string, type: ValueType): string | number | boolean | undefined {
  if (type === "text") return typed;
  if (type === "boolean") return typed === "true" ? true : typed === "false" ? false : undefined;
  const number = Number(typed);
  return typed.trim() === "" || !Number.isFinite(number) ? undefined : number;
}

/** The same condition with another operator: the value is kept if it still makes sense. */
export function withOperator(condition: PropertyCondition, op: FilterOperator, type: ValueType): PropertyCondition {
  const { path, value } = condition;
  if (!takesValue(op)) return { path, op };
  if (takesMany(op)) return { path, op, value: Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value] };
  const single = Array.isArray(value) ? value[0] : value;
  return { path, op, value: single ?? blank(type) };
}

export function newFilter(path: string, seen: readonly string[] = []): PropertyCondition {
  return { path, op: "equals", value: blank(typeOf(undefined, seen)) };
}

export function withFilter(trigger: Trigger, conditions: readonly PropertyCondition[]): Trigger {
  return conditions.length > 0 ? { name: trigger.name, filter: { all: conditions } } : { name: trigger.name };
}

/** `amount is at least 80 and plan is pro`. */
export function filterInWords(trigger: Trigger): string {
  return (trigger.filter?.all ?? []).map(propertyInWords).join(" and ");
}

export function propertyInWords({ path, op, value }: PropertyCondition): string {
  const said = Array.isArray(value) ? value.join(", ") : String(value);
  return `${path} ${FILTER_WORDS[op]}${takesValue(op) ? ` ${said}` : ""}`;
}

function blank(type: ValueType): string | number | boolean {
  return type === "number" ? 0 : type === "boolean" ? true : "";
}
