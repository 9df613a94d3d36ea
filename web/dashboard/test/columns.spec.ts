import { expect, it } from "vitest";
import { answerText, columnsOf, defaultColumns, readColumns, userOf, writeColumns } from "../src/lib/columns.ts";
import { flatten, parseObject, show } from "../src/lib/json.ts";
// @ts-expect-error plain JavaScript, shared with the browser tests
import { results, row } from "./support/data.mjs";

const columns = columnsOf(results(false));
const ids = columns.map((column) => column.id);

it("names the columns as the CSV does, properties sorted", () => {
  expect(ids.slice(0, 3)).toEqual(["shown_at", "user_id", "state"]);
  expect(ids).toContain("answer.recommend");
  expect(ids.filter((id) => /^(event|trigger|user)\./.test(id))).toEqual(["event.author.name", "event.hours", "event.restless", "trigger.screen", "user.age", "user.plan"]);
});

it("shows a row's values, nested properties too", () => {
  const text = (id: string) => columns.find((column) => column.id === id)?.text(row(8));
  expect(text("event.author.name")).toBe("Ada Lovelace");
  expect(text("event.restless")).toBe("false");
  expect(text("answer.feeling")).toBe("Well rested");
  expect(text("answer.recommend")).toBe("8");
  expect(text("duration_ms")).toBe("40 s");
  expect(userOf(row(4))).toBe("anonymous anon-4");
});

it("writes answers in the words that were shown", () => {
  const choices = [{ id: "a", label: "Apples", count: 1, share: 1 }];
  expect(answerText({ options: ["a", "gone"] }, { choices })).toBe("Apples, gone");
  expect(answerText({ options: ["a"], other_text: "green" }, { choices })).toBe("Apples: green");
  expect(answerText({ number: 0 }, undefined)).toBe("0");
  expect(answerText(undefined, undefined)).toBe("");
});

it("keeps the choice of columns in the URL, and only when it is not the usual one", () => {
  expect(writeColumns(defaultColumns(columns), columns)).toBeUndefined();
  const written = writeColumns(["event.hours", "shown_at"], columns) as string;
  expect(written).toBe("shown_at,event.hours");
  expect(readColumns(written, columns).map((column) => column.id)).toEqual(["shown_at", "event.hours"]);
  expect(readColumns("gone", columns).map((column) => column.id)).toEqual(["shown_at", "user_id", "state"]);
});

it("survives commas and percent signs in property names", () => {
  const odd = columnsOf({ ...results(false), property_keys: { event: ["a,b", "50%"], trigger: [], user: [] } });
  const written = writeColumns(["event.a,b", "event.50%"], odd);
  expect(readColumns(written, odd).map((column) => column.id)).toEqual(["event.50%", "event.a,b"]);
  expect(readColumns("%E0%A4%A", odd).length).toBeGreaterThan(0);
});

it("reads a typed-in object, or says what is wrong", () => {
  expect(parseObject(" ")).toEqual({ value: {} });
  expect(parseObject('{"a": 1}')).toEqual({ value: { a: 1 } });
  for (const text of ["[]", "null", "7", "{a: 1}"]) expect(parseObject(text)).toHaveProperty("error");
});

it("flattens objects to dotted paths; lists and empty objects stay whole", () => {
  expect(flatten({ a: { b: { c: 1 } }, d: [1, 2], e: {}, f: null })).toEqual([["a.b.c", 1], ["d", [1, 2]], ["e", {}], ["f", null]]);
  expect([show("x"), show(1.5), show(null), show([1])]).toEqual(["x", "1.5", "", "[1]"]);
});
