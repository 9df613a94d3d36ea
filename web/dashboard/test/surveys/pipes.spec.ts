import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contentOf } from "../../src/surveys/model/content.ts";
import { isFact, type SurveyDocument, titleOf } from "../../src/surveys/model/document.ts";
import { blankSurvey, duplicateQuestion, insertQuestion, newQuestion, removeQuestion } from "../../src/surveys/model/edit.ts";
import { brokenRules, ruleInWords } from "../../src/surveys/model/logic.ts";
import { canPipe, inPreview, pipe, withFallbacks } from "../../src/surveys/model/pipes.ts";

describe("values in texts", () => {
  interface Vector {
    name: string;
    text: string;
    facts?: unknown;
    direction?: string;
    shown?: string;
    error?: string;
  }
  const vectors = JSON.parse(readFileSync(new URL("../../../../spec/pipes/text.json", import.meta.url), "utf8")) as Vector[];
  const factless = vectors.filter(({ facts, error }) => !facts && !error);

  it("there are vectors without facts", () => expect(factless.length).toBeGreaterThan(5));
  it.each(factless.map((vector) => [vector.name, vector] as const))("%s", (_, { text, shown }) => expect(withFallbacks(text)).toBe(shown));

  // Which properties and triggers there can be, the server knows.
  const unread = vectors.filter(({ error }) => error && !/levels|backend triggers/.test(error));
  it.each(unread.map((vector) => [vector.name, vector] as const))("stays as it is: %s", (_, { text }) => {
    expect(withFallbacks(text)).toBe(text);
  });

  it("are written so that they read back", () => {
    const written = pipe("event", " author.name ", 'the "best" \\ book }}');
    expect(written).toBe('{{event.author.name | "the \\"best\\" \\\\ book }}"}}');
    expect(withFallbacks(`By ${written}.`)).toBe('By the "best" \\ book }}.');
    expect(["plan", "book title", "", " ", "a|b", "a{", 'a"', "a\n"].map(canPipe)).toEqual([true, true, false, false, false, false, false, false]);
  });

  it("reach the widget as their fallbacks, which it does not look into", () => {
    expect(inPreview('{{user.plan | "{{p0}}"}} \\{{x}}')).toBe("\\{{p0}} \\{{x}}");
  });
});

describe("rules about what the server knows", () => {
  function sample(): SurveyDocument {
    const blank = blankSurvey("Books");
    const first = { ...newQuestion(blank, "nps_feedback"), title: { en: 'How is {{event.title | "your book"}}?' } };
    const fact = { source: "event", path: "genre", op: "equals", value: "poetry" } as const;
    const none = { source: "user", path: "plan", op: "not_exists" } as const;
    const one = insertQuestion(blank, { ...first, logic: [{ if: { all: [fact, none] }, then: { end: true } }] });
    return insertQuestion(one, { ...newQuestion(one, "input_feedback"), title: { en: "Why?" } });
  }

  it("are never broken by edits, and go along with a copy", () => {
    const document = sample();
    const question = document.questions[0]!;
    expect(brokenRules(document, question)).toEqual([]);
    expect(removeQuestion(document, "comment").questions[0]?.logic).toHaveLength(1);
    const copy = duplicateQuestion(document, "recommend").document.questions[1]!;
    expect(copy.logic?.[0]?.if).toEqual(question.logic?.[0]?.if);
    expect("all" in copy.logic![0]!.if && copy.logic![0]!.if.all.every(isFact)).toBe(true);
  });

  it("read well, and titles say their fallbacks", () => {
    const document = sample();
    expect(ruleInWords(document, document.questions[0]!.logic![0]!)).toBe("If Backend event: genre is poetry and User: plan is not set: end the survey");
    expect(titleOf(document, "recommend")).toBe("How is your book?");
  });

  it("are settled for a preview, which knows nothing", () => {
    const { questions } = contentOf(sample(), "en");
    expect(questions[0]?.title).toBe("How is your book?");
    expect(questions[0]?.logic).toEqual([{ if: { all: [{ constant: "present" }, { constant: "absent" }] }, then: { end: true } }]);
  });
});
