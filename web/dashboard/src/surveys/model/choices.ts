/** What a search among triggers offers: those that match, newest first, and the typed name itself when it is new. */
import type { Trigger } from "../../api/contract.ts";

export interface Choice {
  readonly name: string;
  readonly known?: Trigger;
  readonly isNew: boolean;
}

const SHOWN_MAX = 200;

export function choicesOf(known: readonly Trigger[], typed: string): readonly Choice[] {
  const wanted = typed.trim();
  const lower = wanted.toLowerCase();
  const found = known
    .filter(({ name }) => name.toLowerCase().includes(lower))
    .toSorted((a, b) => rank(b, lower) - rank(a, lower) || (b.last_seen_at ?? "").localeCompare(a.last_seen_at ?? "") || a.name.localeCompare(b.name))
    .slice(0, SHOWN_MAX)
    .map((trigger): Choice => ({ name: trigger.name, known: trigger, isNew: false }));
  const isKnown = wanted === "" || known.some(({ name }) => name === wanted);
  return isKnown ? found : [...found, { name: wanted, isNew: true }];
}

function rank({ name }: Trigger, lower: string): number {
  if (lower === "") return 0;
  return name.toLowerCase() === lower ? 2 : name.toLowerCase().startsWith(lower) ? 1 : 0;
}
