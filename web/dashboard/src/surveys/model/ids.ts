/** Ids live in answers and logic for ever: they are made once from what they name, and never change with it. */

const LONGEST = 40;

/** `base`, or `base_2`, `base_3`… if taken. */
export function freeId(base: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  if (!used.has(base)) return base;
  for (let count = 2; ; count += 1) {
    const id = `${base}_${count}`;
    if (!used.has(id)) return id;
  }
}

/** Letters and digits of a text, for example `woke_up_early`; `fallback` when nothing is left. */
export function slug(text: string, fallback: string): string {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .slice(0, LONGEST)
    .replace(/^_+|_+$/g, "");
  return plain || fallback;
}
