import type { Json, JsonObject } from "../api/contract.ts";

/** A typed-in JSON object, or what is wrong with it. */
export function parseObject(text: string): { value: JsonObject } | { error: string } {
  if (!text.trim()) return { value: {} };
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { error: "Properties are one JSON object, such as {\"hours\": 7.5}." };
    return { value: value as JsonObject };
  } catch (error) {
    return { error: `This is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}` };
  }
}

/** A value as a person reads it: text bare, everything else as JSON. */
export function show(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** An object's leaves by dotted path; arrays stay whole. */
export function flatten(object: JsonObject | null | undefined, prefix = ""): [string, Json][] {
  return Object.entries(object ?? {}).flatMap(([key, value]): [string, Json][] => {
    const path = prefix ? `${prefix}.${key}` : key;
    const nested = typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
    return nested ? flatten(value, path) : [[path, value]];
  });
}
