export interface Theme {
  readonly accent?: string;
  /** Text on the accent colour. Absent: black or white, whichever reads better. */
  readonly onAccent?: string;
  /** `none`, `small`, `large`, or a CSS length. */
  readonly radius?: string;
  readonly font?: string;
  /** `auto` follows the user's system. */
  readonly appearance?: "auto" | "light" | "dark";
  /** Where the card lies on wide screens. Right and left change sides in right-to-left languages. */
  readonly position?: "bottom_right" | "bottom_left" | "center";
}

const RADII: Readonly<Record<string, string>> = { none: "0px", small: "8px", large: "16px" };

/** Sets what the style sheet falls back on: the product's own `--sonde-*` go first. */
export function applyTheme(host: HTMLElement, root: HTMLElement, theme: Theme): void {
  const { accent, onAccent, radius, font, appearance, position } = theme;
  const values = { accent, "accent-dark": accent && forDark(accent), on: onAccent, radius: radius && (RADII[radius] ?? radius), font };
  for (const [name, value] of Object.entries(values)) {
    if (value) root.style.setProperty(`--theme-${name}`, value);
  }
  if (appearance && appearance !== "auto") host.dataset["mode"] = appearance;
  if (position) host.dataset["position"] = position;
}

/** Lightened until it stands out from a dark card, three to one. */
function forDark(accent: string): string {
  const hex = /^#(..)(..)(..)$/.exec(accent);
  if (!hex) return accent;
  let channels = hex.slice(1).map((part) => parseInt(part, 16));
  while (luminance(channels) < 0.16) channels = channels.map((value) => Math.round(value + (255 - value) / 8));
  return `rgb(${channels.join()})`;
}

/** Gives text on the accent colour the better contrast, unless the product has chosen it. */
export function readableAccent(root: HTMLElement, painted: HTMLElement): void {
  const chosen = getComputedStyle(root);
  if (chosen.getPropertyValue("--sonde-on-accent") || chosen.getPropertyValue("--theme-on")) return;
  const channels = /^rgba?\((\d+), (\d+), (\d+)/.exec(getComputedStyle(painted).backgroundColor);
  if (!channels) return;
  root.style.setProperty("--on", luminance(channels.slice(1).map(Number)) > 0.179 ? "#000" : "#fff");
}

/** Relative luminance, WCAG 2.2. Black and white contrast equally against 0.179. */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
