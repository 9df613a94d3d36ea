/** Conditions over one attribute, typed as the attribute is. */
import { FILTER_WORDS, takesValue as filterTakesValue, type ValueType } from "../surveys/model/filters.ts";
import type { FilterOperator } from "../surveys/model/document.ts";
import type { AttributeNode, AttributeOperator } from "./model.ts";

export type AttributeType = ValueType | "date";

const DATE_WORDS: Readonly<Partial<Record<AttributeOperator, string>>> = { greater: "is after", greater_or_equal: "is at or after", less: "is before", less_or_equal: "is at or before" };
const WORDS: Readonly<Record<AttributeOperator, string>> = {
  ...FILTER_WORDS,
  within_last_days: "was in the last … days",
  more_than_days_ago: "was more than … days ago",
  within_next_days: "is in the next … days",
};

export function operatorWords(op: AttributeOperator, type: AttributeType): string {
  return (type === "date" ? DATE_WORDS[op] : undefined) ?? WORDS[op];
}

const BY_TYPE: Readonly<Record<AttributeType, readonly AttributeOperator[]>> = {
  text: ["equals", "not_equals", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with", "matches", "exists", "not_exists"],
  number: ["equals", "not_equals", "in", "not_in", "greater", "greater_or_equal", "less", "less_or_equal", "exists", "not_exists"],
  boolean: ["equals", "not_equals", "exists", "not_exists"],
  date: ["within_last_days", "more_than_days_ago", "within_next_days", "greater", "less", "equals", "exists", "not_exists"],
};

/** The comparisons of a type; one that was set otherwise, by an import for example, stays in the list. */
export function attributeOperators(type: AttributeType, set?: AttributeOperator): readonly AttributeOperator[] {
  const known = BY_TYPE[type];
  return set === undefined || known.includes(set) ? known : [...known, set];
}

export const isDays = (op: AttributeOperator): boolean => op === "within_last_days" || op === "more_than_days_ago" || op === "within_next_days";
export const takesValue = (op: AttributeOperator): boolean => isDays(op) || filterTakesValue(op as FilterOperator);
export const isMany = (op: AttributeOperator): boolean => op === "in" || op === "not_in" || op === "any_of" || op === "all_of";

const DATE = /^\d{4}-\d{2}-\d{2}(T|$)/;

/** The type that a condition speaks of: by its operator, its value, else what was seen of the attribute. */
export function attributeType({ op, value }: Pick<AttributeNode, "op" | "value">, seen: readonly string[] = []): AttributeType {
  if (isDays(op)) return "date";
  const sample: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof sample === "number") return "number";
  if (typeof sample === "boolean") return "boolean";
  if (typeof sample === "string" && DATE.test(sample)) return "date";
  if (typeof sample === "string" && !(sample === "" && seen.includes("date"))) return "text";
  return seenType(seen);
}

/** The type to begin with. */
export function seenType(seen: readonly string[]): AttributeType {
  return (["text", "number", "boolean", "date"] as const).find((type) => seen[0] === type) ?? "text";
}

const DAYS = 30;

export function newAttribute(attribute: string, seen: readonly string[] = []): AttributeNode {
  return ofType(attribute, seenType(seen));
}

/** A first condition of a type. */
export function ofType(attribute: string, type: AttributeType): AttributeNode {
  if (type === "date") return { attribute, op: "within_last_days", value: DAYS };
  return { attribute, op: "equals", value: type === "number" ? 0 : type === "boolean" ? true : "" };
}

/** The same condition with another operator: the value is kept if it still makes sense. */
export function withAttributeOperator(node: AttributeNode, op: AttributeOperator, type: AttributeType): AttributeNode {
  const { attribute, value } = node;
  if (!takesValue(op)) return { attribute, op };
  if (isDays(op)) return { attribute, op, value: typeof value === "number" ? value : DAYS };
  const single: unknown = Array.isArray(value) ? value[0] : value;
  const fits = type === "date" ? typeof single === "string" : single !== undefined;
  const kept = fits ? single : type === "date" ? new Date().toISOString().slice(0, 10) : ofType(attribute, type).value;
  if (!isMany(op)) return { attribute, op, value: kept };
  return { attribute, op, value: Array.isArray(value) ? value : kept === "" ? [] : [kept] };
}
