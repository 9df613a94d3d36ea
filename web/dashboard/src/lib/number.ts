const whole = new Intl.NumberFormat("en-GB");
const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

export const count = (n: number): string => whole.format(n);
/** 12,345 as "12.3k"; for places too narrow for all digits. */
export const compact = (n: number): string => (Math.abs(n) < 10_000 ? whole.format(n) : short.format(n));
/** A share of 1 as a percentage: "42%", "0.4%", "–" when there is nothing to share. */
export function percent(part: number, of = 1): string {
  if (!of || !Number.isFinite(part / of)) return "–";
  const share = (part / of) * 100;
  return share > 0 && share < 1 ? `${share.toFixed(1)}%` : `${Math.round(share)}%`;
}
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
