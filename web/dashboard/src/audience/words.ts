/** A tree of conditions as part of a sentence. */
import { attributeType, isDays, operatorWords, takesValue } from "./attributes.ts";
import { type AttributeNode, type CohortNode, groupOf, leafOf, type Node, type SurveyNode } from "./model.ts";

/** How surveys and cohorts are called; without a name their id is said. */
export interface Names {
  readonly surveys?: ReadonlyMap<string, string> | undefined;
  readonly cohorts?: ReadonlyMap<string, string> | undefined;
}

const HISTORY = { seen: "seen", answered: "answered", completed: "completed" } as const;
const days = (n: unknown) => `${String(n)} ${n === 1 ? "day" : "days"}`;

/** What follows "users": `whose plan is pro and (whose age is at least 30 or who are not in “Parents”)`. */
export function conditionsInWords(node: Node, names: Names = {}, nested = false): string {
  const group = groupOf(node);
  if (!group) {
    const { leaf, negated } = leafOf(node);
    if ("attribute" in leaf) return attributeInWords(leaf);
    return "survey" in leaf ? surveyInWords(leaf, negated, names) : cohortInWords(leaf, negated, names);
  }
  const parts = group.children.map((child) => conditionsInWords(child, names, group.children.length > 1 || group.mode === "none"));
  if (group.mode === "none") return `not (${parts.join(" or ")})`;
  const said = parts.join(group.mode === "all" ? " and " : " or ");
  return nested && parts.length > 1 ? `(${said})` : said;
}

function attributeInWords(node: AttributeNode): string {
  const { attribute, op, value } = node;
  const name = `whose ${attribute || "attribute not chosen yet"}`;
  const words = operatorWords(op, attributeType(node));
  if (isDays(op)) return `${name} ${words.replace("… days", days(value))}`;
  if (!takesValue(op)) return `${name} ${words}`;
  const said = (Array.isArray(value) ? value : [value]).map((each) => (each === "" || each === undefined ? "…" : each === true ? "yes" : each === false ? "no" : String(each)));
  return `${name} ${words} ${said.join(", ") || "…"}`;
}

function surveyInWords({ survey, op, within_days: within }: SurveyNode, negated: boolean, names: Names): string {
  const name = survey ? `“${names.surveys?.get(survey) ?? survey}”` : "a survey not chosen yet";
  const since = within ? ` in the last ${days(within)}` : "";
  return `who have ${negated ? "not " : ""}${HISTORY[op]} ${name}${since}`;
}

function cohortInWords({ cohort }: CohortNode, negated: boolean, names: Names): string {
  const name = cohort ? `“${names.cohorts?.get(cohort) ?? cohort}”` : "a cohort not chosen yet";
  return `who are ${negated ? "not in" : "in"} ${name}`;
}
