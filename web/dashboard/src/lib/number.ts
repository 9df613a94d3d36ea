const whole = new Intl.NumberFormat("en-GB");

export const count = (n: number): string => whole.format(n);
/** A share of 1 as a percentage: "42%", "0.4%", "–" when there is nothing to share. */
export function percent(part: number, of = 1): string {
  if (!of || !Number.isFinite(part / of)) return "–";
  const share = (part / of) * 100;
  return share > 0 && share < 1 ? `${share.toFixed(1)}%` : `${Math.round(share)}%`;
}
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
