import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Answers, Question } from "../src/content.ts";
import { Flow } from "../src/flow.ts";
import { after, type Condition, type Rule, walk } from "../src/logic.ts";

const ask = (id: string, logic: Rule[] = [], required = false): Question => ({ id, type: "input_feedback", title: id, required, logic });
const when = (op: string, value: unknown, then: Rule["then"], question = "a"): Rule => ({ if: { all: [{ question, op, value }] }, then });

describe("the next question", () => {
  const end = { end: true };
  const ends = (op: string, value: unknown, answer?: Answers[string]) =>
    after([ask("a", [when(op, value, end)]), ask("b")], 0, answer ? { a: answer } : {}) === 2;

  it("follows in order without a rule that holds", () => {
    expect(after([ask("a"), ask("b")], 0, {})).toBe(1);
    expect(ends("equals", 5, { number: 4 })).toBe(false);
  });

  it.each([
    ["equals", 5, { number: 5 }],
    ["equals", "x", { options: ["x"] }],
    ["not_equals", "x", { options: ["y"] }],
    ["in", ["x", "y"], { options: ["y"] }],
    ["in", [1, 2], { number: 2 }],
    ["answered", undefined, { text: "t" }],
    ["greater", 4, { number: 5 }],
    ["greater_or_equal", 5, { number: 5 }],
    ["less", 1, { number: 0 }],
    ["less_or_equal", 0, { number: 0 }],
    ["contains", "SLOW", { text: "Too SLOW" }],
    ["contains", "x", { options: ["x"] }],
  ] as const)("ends where %s %j holds", (op, value, answer) => expect(ends(op, value, answer)).toBe(true));

  it.each([
    ["equals", "5", { number: 5 }],
    ["in", ["z"], { options: ["x"] }],
    ["in", "x", { options: ["x"] }],
    ["not_answered", undefined, { text: "t" }],
    ["greater", 5, { number: 5 }],
    ["contains", "slow", { text: "Too SLOW" }],
    ["unheard_of", 1, { number: 1 }],
  ] as const)("goes on where %s %j does not hold", (op, value, answer) => expect(ends(op, value, answer)).toBe(false));

  it("takes the first rule that holds", () => {
    const logic = [when("equals", 1, { jump: "b" }), when("less", 3, { jump: "d" }), when("answered", null, end)];
    const questions = [ask("a", logic), ask("b"), ask("c"), ask("d")];
    expect([1, 2, 9].map((number) => after(questions, 0, { a: { number } }))).toEqual([1, 3, 4]);
  });

  it("looks at earlier answers, with all or any of the conditions", () => {
    const both = [{ question: "a", op: "equals", value: 1 }, { question: "b", op: "equals", value: 1 }];
    const at = (rule: Rule, a: number, b: number) => after([ask("a"), ask("b", [rule]), ask("c")], 1, { a: { number: a }, b: { number: b } });
    expect(at({ if: { all: both }, then: end }, 1, 0)).toBe(2);
    expect(at({ if: { any: both }, then: end }, 1, 0)).toBe(3);
  });

  it("never leads back", () => {
    expect(after([ask("a"), ask("b", [when("answered", null, { jump: "a" }, "b")])], 1, { b: { text: "t" } })).toBe(2);
    expect(after([ask("a", [when("not_answered", null, { jump: "gone" })]), ask("b")], 0, {})).toBe(1);
  });
});

describe("the way", () => {
  const questions = [ask("a", [when("equals", "x", { jump: "c" })]), ask("b"), ask("c", [], true)];

  it("keeps the answers that lie on it", () => {
    const answers = { a: { options: ["x"] }, b: { text: "old" }, c: { text: "t" } };
    expect(walk(questions, answers).answers).toEqual({ a: { options: ["x"] }, c: { text: "t" } });
  });

  it("passes over what cannot be drawn", () => {
    const flow = new Flow(questions, ({ id }) => id !== "b");
    expect([flow.position, flow.total]).toEqual([1, 2]);
    flow.next();
    expect(flow.question.id).toBe("c");
    expect([flow.isLast, flow.next(), flow.isOver]).toEqual([true, false, true]);
  });

  it("knows its end only when a needed answer is there", () => {
    const flow = new Flow([ask("a", [when("answered", null, { end: true }), when("not_answered", null, { end: true })], true), ask("b")], () => true);
    expect(flow.isLast).toBe(false);
    flow.give({ text: "t" });
    expect(flow.isLast).toBe(true);
  });
});

describe("the conformance vectors", () => {
  interface Vector {
    name: string;
    questions: Question[];
    answers: Answers;
    expect: { path: string[]; ends: boolean; constants?: boolean[] };
  }
  const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../spec/logic/${name}.json`, import.meta.url), "utf8")) as Vector[];
  const vectors = [...read("path"), ...read("facts")];

  /** As content has them: conditions on facts are constants, numbered over the document. */
  const inContent = (questions: Question[]): Question[] => {
    let count = 0;
    const settle = (condition: Condition): Condition => ("source" in condition ? { constant: `c${count++}` } : condition);
    return questions.map((question) => ({
      ...question,
      logic: (question.logic ?? []).map((rule) => ({ ...rule, if: rule.if.all ? { all: rule.if.all.map(settle) } : { any: (rule.if.any ?? []).map(settle) } })),
    }));
  };

  it("are there", () => expect(vectors.length).toBeGreaterThan(0));
  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_, { questions, answers, expect: expected }) => {
    const values = Object.fromEntries((expected.constants ?? []).map((holds, number) => [`c${number}`, holds]));
    expect(walk(inContent(questions), answers, values).path).toEqual(expected.path);
  });
});
