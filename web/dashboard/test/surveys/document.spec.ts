import { describe, expect, it } from "vitest";
import { compare } from "../../src/surveys/model/diff.ts";
import { asDocument, type SurveyDocument } from "../../src/surveys/model/document.ts";
import { addOption, blankSurvey, changeType, duplicateQuestion, insertQuestion, moveQuestion, newQuestion, optionalWords, removeQuestion, updateQuestion, withWords } from "../../src/surveys/model/edit.ts";
import { begin, change, redo, undo } from "../../src/surveys/model/history.ts";
import { slug } from "../../src/surveys/model/ids.ts";
import { addLanguage, missing, removeLanguage } from "../../src/surveys/model/languages.ts";
import { errorAt, placeOf, sectionOf } from "../../src/surveys/model/pointers.ts";
import { brokenRules, fittingValue, ruleInWords, targets } from "../../src/surveys/model/logic.ts";

function sample(): SurveyDocument {
  const blank = blankSurvey("Sleep");
  const first = { ...newQuestion(blank, "nps_feedback"), title: { en: "Recommend?" } };
  const one = insertQuestion(blank, { ...first, logic: [{ if: { all: [{ question: first.id, op: "less", value: 7 }] }, then: { jump: "comment" } }] });
  const two = insertQuestion(one, { ...newQuestion(one, "single_select_feedback"), title: { en: "Which?" } });
  return insertQuestion(two, { ...newQuestion(two, "input_feedback"), title: { en: "Why?" } });
}

const ids = (document: SurveyDocument) => document.questions.map(({ id }) => id);

describe("editing", () => {
  it("keeps ids free and stable", () => {
    const { document, id } = duplicateQuestion(sample(), "recommend");
    expect([id, ids(document)]).toEqual(["recommend_2", ["recommend", "recommend_2", "choice", "comment"]]);
    expect(document.questions[1]?.logic?.[0]).toMatchObject({ if: { all: [{ question: "recommend_2" }] }, then: { jump: "comment" } });
    expect(ids(moveQuestion(document, "comment", 0))).toEqual(["comment", "recommend", "recommend_2", "choice"]);
    expect(slug("Wie früh?  Sehr!", "x")).toBe("wie_fruh_sehr");
    expect(slug("؟؟", "option")).toBe("option");
  });

  it("takes the rules along that name what goes", () => {
    const left = removeQuestion(sample(), "comment");
    expect(left.questions[0]).not.toHaveProperty("logic");
  });

  it("gives new options ids that no old option had while it is there", () => {
    const document = sample();
    const question = document.questions[1]!;
    const more = addOption(document, addOption(document, question), "", true);
    expect(more.options?.map((option) => option.id)).toEqual(["option_1", "option_2", "option_3", "other"]);
  });

  it("changes the type and keeps the id and the words", () => {
    const document = sample();
    expect(changeType(document, document.questions[0]!, "star_feedback")).toMatchObject({ id: "recommend", type: "star_feedback", title: { en: "Recommend?" }, labels: {} });
    expect(changeType(document, document.questions[0]!, "input_feedback")).not.toHaveProperty("labels");
  });

  it("leaves out blank translations, never the default text", () => {
    expect(withWords({ en: "a", de: "b" }, "de", "", "en")).toEqual({ en: "a" });
    expect(withWords({ en: "a" }, "en", "", "en")).toEqual({ en: "" });
    expect(optionalWords({ en: "a" }, "en", "", "en")).toBeUndefined();
  });

  it("fills what a foreign draft lacks, and takes nothing away", () => {
    expect(asDocument({ extra: 1 })).toMatchObject({ extra: 1, questions: [], launch: { frontend_triggers: [] } });
  });
});

describe("languages", () => {
  it("are added once, and removed with their texts", () => {
    const two = addLanguage(addLanguage(sample(), "de"), "DE");
    expect(two.languages).toEqual(["en", "de"]);
    expect(addLanguage(two, "english!")).toBe(two);
    const german = updateQuestion(two, "comment", (question) => ({ ...question, title: { en: "Why?", de: "Warum?" } }));
    expect(removeLanguage(german, "de").questions[2]?.title).toEqual({ en: "Why?" });
    expect(removeLanguage(german, "en")).toBe(german);
  });

  it("know what is missing, by pointer", () => {
    const german = updateQuestion(addLanguage(sample(), "de"), "comment", (question) => ({ ...question, title: { en: "Why?", de: "Warum?" } }));
    expect(missing(german, "de").map(({ pointer }) => pointer)).toEqual([
      "/questions/0/title", "/questions/0/labels/low", "/questions/0/labels/high", "/questions/1/title", "/questions/1/options/0/label", "/questions/1/options/1/label", "/thank_you/title",
    ]);
  });
});

describe("undo", () => {
  it("takes back typing in one field as one step", () => {
    const typed = change(change(begin("a"), "ab", 1_000, "title"), "abc", 1_500, "title");
    expect(undo(typed).present).toBe("a");
    expect(redo(undo(typed)).present).toBe("abc");
    const rested = change(typed, "abcd", 9_000, "title");
    expect(undo(rested).present).toBe("abc");
  });

  it("forgets the undone when something else is done", () => {
    expect(redo(change(undo(change(begin(1), 2, 0)), 3, 0)).present).toBe(3);
    expect(undo(begin(1))).toEqual(begin(1));
  });
});

describe("errors", () => {
  const errors = [{ pointer: "/questions/1/options/0/label", detail: "must have a text" }, { pointer: "/name", detail: "must have 1 to 200 characters" }];
  it("find their field and their place in words", () => {
    const document = sample();
    expect(errorAt(errors, "/questions/1/options/0")).toBe("Must have a text.");
    expect(errorAt(errors, "/questions/10")).toBeUndefined();
    expect(sectionOf(document, "/questions/1/options/0/label")).toEqual({ part: "question", id: "choice" });
    expect(sectionOf(document, "/questions/7")).toEqual({ part: "survey" });
    expect(placeOf(document, "/questions/1/options/0/label")).toBe("Question 2, option 1");
    expect(placeOf(document, "/launch/frontend_triggers")).toBe("Launch");
  });
});

describe("rules", () => {
  it("lead only forward, and a move can break them", () => {
    const document = sample();
    expect(targets(document, "recommend").map(({ id }) => id)).toEqual(["choice", "comment"]);
    const moved = moveQuestion(document, "comment", 0);
    expect(brokenRules(moved, moved.questions[1]!)).toEqual([0]);
    expect(brokenRules(document, document.questions[0]!)).toEqual([]);
  });

  it("read as sentences", () => {
    const document = sample();
    expect(ruleInWords(document, document.questions[0]!.logic![0]!)).toBe("If “Recommend?” is less than 7: go to “Why?”");
  });

  it("keep a value that fits and replace one that does not", () => {
    const choice = sample().questions[1];
    expect(fittingValue(choice, "in", "option_2")).toEqual(["option_2"]);
    expect(fittingValue(choice, "equals", ["gone"])).toBe("option_1");
    expect(fittingValue(choice, "answered", "option_1")).toBeUndefined();
    expect(fittingValue(sample().questions[0], "less", "x")).toBe(10);
  });
});

describe("comparing versions", () => {
  it("tells what was added, removed, moved and changed", () => {
    const before = sample();
    const after = moveQuestion(updateQuestion(removeQuestion(before, "recommend"), "comment", (question) => ({ ...question, title: { en: "Why so?" }, required: true })), "comment", 0);
    const parts = compare(before, after);
    expect(parts.map(({ kind, title }) => `${kind} ${title}`)).toEqual(["changed 1. Why so?", "removed Recommend?", "changed Order of the questions"]);
    expect(parts[0]?.changes).toEqual([
      { what: "required", before: "no", after: "yes" },
      { what: "title (en)", before: "Why?", after: "Why so?" },
    ]);
    expect(compare(before, structuredClone(before) as SurveyDocument)).toEqual([]);
  });
});
