import { describe, expect, it } from "vitest";
import { attributeType, newAttribute, withAttributeOperator } from "../../src/audience/attributes.ts";
import { depthOf, fromRoot, groupNode, groupOf, leafNode, leafOf, leavesOf, type Node, rootOf, sizeOf, withChild, withoutChild } from "../../src/audience/model.ts";
import { conditionsInWords } from "../../src/audience/words.ts";

const pro: Node = { attribute: "plan", op: "equals", value: "pro" };
const old: Node = { attribute: "age", op: "greater_or_equal", value: 30 };
const seen: Node = { survey: "srv_1", op: "seen", within_days: 30 };

describe("a tree of conditions", () => {
  it("is shown as groups, and written back as it was", () => {
    for (const node of [{ all: [pro, old] }, { any: [pro] }, { not: { any: [pro, seen] } }] satisfies Node[]) expect(groupNode(groupOf(node)!)).toEqual(node);
    for (const node of [pro, seen, { not: seen }, { not: { cohort: "coh_1" } }] satisfies Node[]) {
      expect(groupOf(node)).toBeNull();
      const { leaf, negated } = leafOf(node);
      expect(leafNode(leaf, negated)).toEqual(node);
    }
  });

  it("shows a negated attribute or group as a group of which none holds", () => {
    expect(groupOf({ not: pro })).toEqual({ mode: "none", children: [pro] });
    expect(groupOf({ not: { all: [pro, old] } })).toEqual({ mode: "none", children: [{ all: [pro, old] }] });
  });

  it("begins with nobody left out and ends so when the last condition goes", () => {
    expect(rootOf(undefined)).toEqual({ mode: "all", children: [] });
    expect(rootOf(pro)).toEqual({ mode: "all", children: [pro] });
    const one = rootOf({ any: [pro, old] });
    expect(fromRoot(withoutChild(one, 0))).toEqual({ any: [old] });
    expect(fromRoot(withoutChild(withoutChild(one, 0), 0))).toBeUndefined();
    expect(fromRoot(withChild(one, 1, seen))).toEqual({ any: [pro, seen] });
  });

  it("is counted as the server counts it", () => {
    const tree: Node = { all: [pro, { not: { any: [seen, { cohort: "coh_1" }] } }] };
    expect([sizeOf(undefined), sizeOf(pro), sizeOf(tree), depthOf(pro), depthOf(tree)]).toEqual([0, 1, 6, 1, 4]);
    expect(leavesOf(tree)).toEqual([pro, seen, { cohort: "coh_1" }]);
  });
});

describe("in words", () => {
  it("says which belong together", () => {
    const names = { surveys: new Map([["srv_1", "Sleep"]]), cohorts: new Map([["coh_1", "Parents"]]) };
    expect(conditionsInWords({ all: [pro, { any: [old, { not: { cohort: "coh_1" } }] }] }, names)).toBe("whose plan is pro and (whose age is at least 30 or who are not in “Parents”)");
    expect(conditionsInWords({ not: { any: [seen, pro] } }, names)).toBe("not (who have seen “Sleep” in the last 30 days or whose plan is pro)");
    expect(conditionsInWords({ not: { survey: "srv_2", op: "completed" } }, names)).toBe("who have not completed “srv_2”");
  });

  it("says dates, lists, yes and no, and what is not chosen yet", () => {
    expect(conditionsInWords({ attribute: "joined", op: "within_last_days", value: 7 })).toBe("whose joined was in the last 7 days");
    expect(conditionsInWords({ attribute: "joined", op: "more_than_days_ago", value: 1 })).toBe("whose joined was more than 1 day ago");
    expect(conditionsInWords({ attribute: "joined", op: "greater", value: "2026-01-01" })).toBe("whose joined is after 2026-01-01");
    expect(conditionsInWords({ attribute: "plan", op: "in", value: ["pro", "max"] })).toBe("whose plan is one of pro, max");
    expect(conditionsInWords({ attribute: "beta", op: "equals", value: true })).toBe("whose beta is yes");
    expect(conditionsInWords({ attribute: "", op: "equals", value: "" })).toBe("whose attribute not chosen yet is …");
  });
});

describe("a condition over an attribute", () => {
  it("is of the type of its operator, its value, or what was seen", () => {
    expect(attributeType({ op: "within_next_days", value: 3 })).toBe("date");
    expect(attributeType({ op: "greater", value: "2026-01-01" })).toBe("date");
    expect(attributeType({ op: "equals", value: 5 }, ["text"])).toBe("number");
    expect(attributeType({ op: "exists" }, ["date"])).toBe("date");
    expect(attributeType({ op: "equals", value: "" }, ["number"])).toBe("text");
  });

  it("begins with what fits the attribute, and keeps the value where it makes sense", () => {
    expect(newAttribute("joined", ["date"])).toEqual({ attribute: "joined", op: "within_last_days", value: 30 });
    const plan = { attribute: "plan", op: "equals" as const, value: "pro" };
    expect(withAttributeOperator(plan, "not_in", "text").value).toEqual(["pro"]);
    expect(withAttributeOperator({ ...plan, op: "in", value: ["pro", "max"] }, "equals", "text").value).toBe("pro");
    expect(withAttributeOperator(plan, "exists", "text")).toEqual({ attribute: "plan", op: "exists" });
    expect(withAttributeOperator({ attribute: "joined", op: "greater", value: "2026-01-01" }, "within_last_days", "date").value).toBe(30);
    expect(withAttributeOperator({ attribute: "joined", op: "within_last_days", value: 7 }, "less", "date").value).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});
