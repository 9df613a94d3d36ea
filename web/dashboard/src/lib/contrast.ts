/** Contrast by WCAG 2.2. */

type Rgb = readonly [number, number, number];

export function parseHex(text: string): Rgb | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  return match ? [parseInt(match[1] as string, 16), parseInt(match[2] as string, 16), parseInt(match[3] as string, 16)] : null;
}

export function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

export type Check = { name: string; ratio: number; needs: number; passes: boolean };

const WHITE: Rgb = [255, 255, 255];
const LIGHT_CARD: Rgb = WHITE;
/** The widget's own near-black, the text it puts on light accents. */
const INK: Rgb = [16, 19, 26];

/** How an accent colour fares in the widget: text on it, and its own shape on a light card. */
export function checkAccent(text: string): Check[] | null {
  const accent = parseHex(text);
  if (!accent) return null;
  const onAccent = Math.max(contrast(accent, WHITE), contrast(accent, INK));
  const onCard = contrast(accent, LIGHT_CARD);
  const check = (name: string, ratio: number, needs: number): Check => ({ name, ratio, needs, passes: ratio >= needs });
  return [check("Text on the accent colour", onAccent, 4.5), check("Accent colour on a light card", onCard, 3)];
}
