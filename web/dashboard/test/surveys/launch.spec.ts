import { describe, expect, it } from "vitest";
import { blockers, checklist } from "../../src/surveys/model/checklist.ts";
import { type AnswerCondition, asDocument, isFact } from "../../src/surveys/model/document.ts";
import { amountOf, delayError, expiryError, secondsOf, spoken } from "../../src/surveys/model/duration.ts";
import { newFilter, parseValue, typeOf, withOperator } from "../../src/surveys/model/filters.ts";
import { launchSentence } from "../../src/surveys/model/sentence.ts";
import { TEMPLATES } from "../../src/surveys/model/templates.ts";
import { brokenRules } from "../../src/surveys/model/logic.ts";
import { contentOf } from "../../src/surveys/model/content.ts";

describe("the expiry", () => {
  it("is 1 minute to exactly 100 hours", () => {
    expect(expiryError(secondsOf({ value: 100, unit: "hours" }))).toBeNull();
    expect(expiryError(secondsOf({ value: 101, unit: "hours" }))).toMatch(/100 hours/);
    expect(expiryError(secondsOf({ value: 1, unit: "minutes" }))).toBeNull();
    expect(expiryError(secondsOf({ value: 0.5, unit: "minutes" }))).toMatch(/1 minute/);
    expect(expiryError(secondsOf({ value: 5, unit: "days" }))).not.toBeNull();
    expect(expiryError(Number.NaN)).not.toBeNull();
    expect(delayError(7_200, 7_200)).not.toBeNull();
  });

  it("is shown in its largest whole unit and said in words", () => {
    expect([amountOf(7_200), amountOf(360_000), amountOf(86_400), amountOf(5_400)]).toEqual([
      { value: 2, unit: "hours" }, { value: 100, unit: "hours" }, { value: 1, unit: "days" }, { value: 90, unit: "minutes" },
    ]);
    expect([spoken(7_200), spoken(360_000), spoken(86_400), spoken(90)]).toEqual(["2 hours", "100 hours", "1 day", "1 minute and 30 seconds"]);
  });
});

describe("the sentence", () => {
  const frontend_triggers = [{ name: "MainActivity" }];
  it("says the reference case", () => {
    const activation = { backend_triggers: [{ name: "ended_sleep" }], expires_after_secs: 7_200 };
    expect(launchSentence({ frontend_triggers, activation })).toBe("Shown at MainActivity, within 2 hours of ended_sleep, once per user.");
  });

  it("says everything that is set", () => {
    const backend_triggers = [{ name: "paid", filter: { all: [{ path: "amount", op: "greater_or_equal" as const, value: 80 }] } }, { name: "renewed" }];
    const sentence = launchSentence({
      frontend_triggers: [...frontend_triggers, { name: "home" }],
      platforms: ["ios", "android"],
      activation: { backend_triggers, expires_after_secs: 86_400, delay_secs: 600 },
      repeat: { until: "completed", min_days_between: 30 },
      sampling_percent: 12.5,
      display_delay_ms: 1_500,
      ignores_wait_period: true,
    });
    expect(sentence).toBe(
      "Shown 1.5 seconds after MainActivity or home on iOS and Android, from 10 minutes to 1 day after paid where amount is at least 80 or renewed, again until the user completes it, at least 30 days apart, to 12.5% of users, even during the wait period.",
    );
  });
});

describe("the checklist", () => {
  const seen = { backend: new Map([["ended_sleep", "2026-01-01T00:00:00Z"]]), frontend: new Map([["MainActivity", null]]), sdk: null, now: Date.parse("2026-06-01T12:00:00Z") };
  it("names what blocks", () => {
    const checks = checklist(asDocument({ launch: { frontend_triggers: [], activation: { backend_triggers: [], expires_after_secs: 363_600 } } }), [], seen);
    expect(blockers(checks).map(({ id }) => id)).toEqual(["questions", "backend", "expiry", "frontend"]);
  });

  it("warns of what was never seen and is not translated", () => {
    const template = TEMPLATES[0]!.document;
    const launch = { frontend_triggers: [{ name: "MainActivity" }], activation: { backend_triggers: [{ name: "ended_sleep" }], expires_after_secs: 7_200 } };
    const checks = checklist({ ...template, languages: ["en", "de"], launch }, [], seen);
    expect(checks.map(({ id, state }) => `${id} ${state}`)).toEqual(["questions ok", "languages warn", "backend ok", "frontend warn", "logic ok", "sdk warn"]);
  });
});

describe("filters", () => {
  it("keep numbers numbers and texts texts", () => {
    expect([parseValue("5", "text"), parseValue("5", "number"), parseValue("", "number"), parseValue("x", "number"), parseValue("true", "boolean")]).toEqual(["5", 5, undefined, undefined, true]);
    expect(newFilter("amount", ["number"])).toEqual({ path: "amount", op: "equals", value: 0 });
    expect([typeOf("5", ["number"]), typeOf([1]), typeOf(undefined, ["boolean"])]).toEqual(["text", "number", "boolean"]);
  });

  it("carry the value over to another operator where it makes sense", () => {
    const filter = { path: "plan", op: "equals" as const, value: "pro" };
    expect(withOperator(filter, "in", "text").value).toEqual(["pro"]);
    expect(withOperator({ ...filter, value: ["pro", "max"] }, "equals", "text").value).toBe("pro");
    expect(withOperator(filter, "exists", "text")).toEqual({ path: "plan", op: "exists" });
  });
});

describe("templates", () => {
  it.each(TEMPLATES.map((each) => [each.id, each] as const))("%s is sound", (_, { document }) => {
    const ids = document.questions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const question of document.questions) {
      expect(brokenRules(document, question)).toEqual([]);
      const options = (question.options ?? []).map(({ id }) => id);
      expect(new Set(options).size).toBe(options.length);
      const answers = (question.logic ?? []).flatMap((rule) => ("all" in rule.if ? rule.if.all : rule.if.any)).filter((condition): condition is AnswerCondition => !isFact(condition));
      const named = answers.filter(({ value }) => typeof value === "string" || Array.isArray(value));
      for (const { question: id, value } of named) {
        const known = document.questions.find((each) => each.id === id)?.options?.map((option) => option.id);
        expect(known).toEqual(expect.arrayContaining([value].flat()));
      }
    }
  });

  it("are drawn by the widget as they are", () => {
    expect(contentOf(TEMPLATES[0]!.document, "de")).toMatchObject({ language: "de", direction: "ltr", texts: { next: "Weiter" }, thank_you: { title: "Thank you!" } });
    expect(contentOf(TEMPLATES[0]!.document, "ar").direction).toBe("rtl");
  });
});
