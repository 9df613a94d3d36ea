import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { SurveyContent } from "../src/content.ts";
import { filled } from "../src/values.ts";

const content = (title: string, more: Partial<SurveyContent> = {}): SurveyContent => ({
  survey_id: "srv_1",
  version: 1,
  language: "en",
  questions: [{ id: "q", type: "input_feedback", title }],
  ...more,
});

describe("the conformance vectors", () => {
  interface Vector {
    name: string;
    direction?: "ltr" | "rtl";
    content?: string;
    values?: Record<string, string>;
    shown?: string;
    error?: string;
  }
  const vectors = (JSON.parse(readFileSync(new URL("../../../spec/pipes/text.json", import.meta.url), "utf8")) as Vector[]).filter(({ error }) => !error);

  it("are there", () => expect(vectors.length).toBeGreaterThan(20));
  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_, { content: text = "", direction = "ltr", values = {}, shown }) => {
    expect(filled(content(text, { direction }), values).questions[0]?.title).toBe(shown);
  });
});

describe("values", () => {
  it("stand in every text, and in nothing else", () => {
    const place = "{{p0}}";
    const everywhere = content(place, {
      questions: [
        {
          id: place,
          type: "single_select_feedback",
          title: place,
          description: place,
          placeholder: place,
          options: [{ id: place, label: place }],
          labels: { low: place, high: place },
          logic: [{ if: { all: [{ question: place, op: "equals", value: place }] }, then: { end: true } }],
        },
      ],
      thank_you: { title: place, description: place },
      texts: { next: place, submit: place, skip: place, close: place, required: place, other: place },
    });
    const said = JSON.stringify(filled(everywhere, { p0: "V" }));
    expect(said.match(/"V"/g)).toHaveLength(14);
    expect(said.match(/\{\{p0\}\}/g)).toHaveLength(4);
  });

  it("that are not there leave nothing, and what is no text stays away", () => {
    expect(filled(content("a{{p7}}b"), {}).questions[0]?.title).toBe("ab");
    expect(filled(content("{{p0}}", { thank_you: null }), { p0: true }).thank_you).toBeNull();
  });
});
