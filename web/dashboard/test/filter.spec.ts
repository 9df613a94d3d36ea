import { describe, expect, it } from "vitest";
import type { FilterCondition } from "../src/api/contract.ts";
import { resultsSearch } from "../src/app/search.ts";
import { describe as inWords, guessType, lastDaysRange, operatorsFor, readFilter, tidy, typed, writeFilter } from "../src/lib/filter.ts";

const condition: FilterCondition = { source: "event", path: "author.name", op: "equals", value: "Ada" };

describe("a filter and the URL", () => {
  it("comes back as it went", () => {
    const filter = { from: "2026-01-02", to: null, all: [condition, { source: "answer" as const, path: "q1", op: "exists" as const }] };
    expect(readFilter(JSON.parse(JSON.stringify(filter)))).toEqual(filter);
    expect(JSON.parse(writeFilter(filter) as string)).toEqual(filter);
  });

  it("is absent when it lets everything pass", () => {
    expect(tidy({ from: null, to: null, all: [] })).toBeUndefined();
    expect(readFilter({ from: null, to: null, all: [] })).toBeUndefined();
    expect(writeFilter(undefined)).toBeUndefined();
  });

  it("keeps the types of values: 5 is not \"5\"", () => {
    for (const value of [5, "5", true, ["a", 1]]) {
      expect(readFilter({ all: [{ ...condition, value }] })?.all[0]?.value).toEqual(value);
    }
  });

  it.each([
    ["text", "x"],
    ["a list", []],
    ["no date", { from: "yesterday" }],
    ["a date that is none", { from: "2026-13-45" }],
    ["an unknown source", { all: [{ ...condition, source: "constructor" }] }],
    ["an unknown operator", { all: [{ ...condition, op: "toString" }] }],
    ["an empty path", { all: [{ ...condition, path: "" }] }],
    ["no value", { all: [{ source: "event", path: "a", op: "equals" }] }],
  ])("leaves out %s", (_name, value) => {
    expect(readFilter(value)).toBeUndefined();
  });

  it("keeps what is right beside what is wrong", () => {
    expect(readFilter({ from: "2026-01-02", to: 7, all: [null, condition] })).toEqual({ from: "2026-01-02", to: null, all: [condition] });
  });

  it("is read by the results page with its other parameters", () => {
    expect(resultsSearch({ tab: "responses", filter: { all: [condition] }, response: "dsp_1", columns: "state" })).toEqual({
      tab: "responses",
      filter: { from: null, to: null, all: [condition] },
      response: "dsp_1",
      columns: "state",
    });
    expect(resultsSearch({ tab: "nonsense", filter: "{", columns: {} })).toEqual({ tab: undefined, filter: undefined, response: undefined, columns: undefined });
  });
});

describe("typed-in values", () => {
  it("guesses the type", () => {
    expect([" 5 ", "-1.5", "1e3", "five", "", "true", "0x"].map(guessType)).toEqual(["number", "number", "number", "text", "text", "boolean", "text"]);
  });

  it("takes only what fits the type", () => {
    expect(typed("5", "number")).toBe(5);
    expect(typed("5", "text")).toBe("5");
    expect(typed("five", "number")).toBeUndefined();
    expect(typed("yes", "boolean")).toBeUndefined();
    expect(typed("  ", "text")).toBeUndefined();
  });
});

describe("words", () => {
  const questions = [{ id: "q1", title: "How are you?", choices: [{ id: "ok", label: "All right" }] }];
  it("uses the question's and the options' own", () => {
    expect(inWords({ source: "answer", path: "q1", op: "contains", value: "ok" }, questions)).toBe("“How are you?” contains All right");
    expect(inWords({ source: "answer", path: "gone", op: "exists" }, questions)).toBe("“gone” is set");
    expect(inWords({ source: "event", path: "n", op: "in", value: [1, "a"] }, [])).toBe("event.n is one of 1, a");
    expect(inWords({ source: "display", path: "event_name", op: "equals", value: "x" }, [])).toBe("event name is x");
  });

  it("offers operators that make sense", () => {
    expect(operatorsFor("answer", "number")).not.toContain("starts_with");
    expect(operatorsFor("answer", "choices")).toContain("contains");
    expect(operatorsFor("event", undefined)).toContain("in");
  });
});

it("counts today as one of the last days", () => {
  expect(lastDaysRange(7, new Date("2026-03-03T12:00:00Z"))).toEqual({ from: "2026-02-25", to: null });
  expect(lastDaysRange(1, new Date("2026-03-03T12:00:00Z")).from).toBe("2026-03-03");
});
