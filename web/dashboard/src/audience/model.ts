/** Who is meant: a tree of conditions over attributes, the history with surveys, and cohorts. Edits are pure functions. */
import type { FilterOperator } from "../surveys/model/document.ts";

export type AttributeOperator = FilterOperator | "within_last_days" | "more_than_days_ago" | "within_next_days";
export type HistoryOperator = "seen" | "answered" | "completed";

export interface AttributeNode {
  readonly attribute: string;
  readonly op: AttributeOperator;
  readonly value?: unknown;
}
export interface SurveyNode {
  readonly survey: string;
  readonly op: HistoryOperator;
  readonly within_days?: number;
}
export interface CohortNode {
  readonly cohort: string;
}
export type Leaf = AttributeNode | SurveyNode | CohortNode;
export type Node = Leaf | { readonly all: readonly Node[] } | { readonly any: readonly Node[] } | { readonly not: Node };

/** How the children of a group join. "none" is stored as the negation of "any". */
export type Mode = "all" | "any" | "none";
export interface Group {
  readonly mode: Mode;
  readonly children: readonly Node[];
}

export const CHILDREN_MAX = 50;
export const DEPTH_MAX = 5;
export const NODES_MAX = 200;
export const DAYS_MAX = 3_650;

const isHistory = (node: Node): node is SurveyNode | CohortNode => "survey" in node || "cohort" in node;

/** The group that a node is shown as; null for a single condition. A negated "seen" or "is in" reads as one condition. */
export function groupOf(node: Node): Group | null {
  if ("all" in node) return { mode: "all", children: node.all };
  if ("any" in node) return { mode: "any", children: node.any };
  if (!("not" in node) || isHistory(node.not)) return null;
  return { mode: "none", children: "any" in node.not ? node.not.any : [node.not] };
}

export function groupNode({ mode, children }: Group): Node {
  if (mode === "all") return { all: children };
  return mode === "any" ? { any: children } : { not: { any: children } };
}

/** A single condition and whether it is negated. */
export function leafOf(node: Node): { leaf: Leaf; negated: boolean } {
  if ("not" in node) return { leaf: node.not as Leaf, negated: true };
  return { leaf: node as Leaf, negated: false };
}

export const leafNode = (leaf: Leaf, negated: boolean): Node => (negated ? { not: leaf } : leaf);

/** What the builder shows at its top: always a group. */
export function rootOf(node: Node | undefined): Group {
  if (node === undefined) return { mode: "all", children: [] };
  return groupOf(node) ?? { mode: "all", children: [node] };
}

/** The opposite of `rootOf`: without any condition nobody is left out. */
export function fromRoot(group: Group): Node | undefined {
  return group.children.length === 0 ? undefined : groupNode(group);
}

export function withChild(group: Group, at: number, child: Node): Group {
  return { ...group, children: group.children.map((each, index) => (index === at ? child : each)) };
}

export function withoutChild(group: Group, at: number): Group {
  return { ...group, children: group.children.filter((_, index) => index !== at) };
}

function childrenOf(node: Node): readonly Node[] {
  if ("all" in node) return node.all;
  if ("any" in node) return node.any;
  return "not" in node ? [node.not] : [];
}

export function sizeOf(node: Node | undefined): number {
  return node === undefined ? 0 : 1 + childrenOf(node).reduce((sum, child) => sum + sizeOf(child), 0);
}

/** Levels of the tree: 1 for a single condition. */
export function depthOf(node: Node | undefined): number {
  return node === undefined ? 0 : 1 + Math.max(0, ...childrenOf(node).map(depthOf));
}

/** Every condition of the tree, wherever it stands. */
export function leavesOf(node: Node | undefined): readonly Leaf[] {
  if (node === undefined) return [];
  const children = childrenOf(node);
  return children.length > 0 || "all" in node || "any" in node ? children.flatMap(leavesOf) : [node as Leaf];
}
