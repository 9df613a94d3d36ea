export interface Theme {
  readonly accent?: string;
  /** Text on the accent colour. Absent: black or white, whichever reads better. */
  readonly onAccent?: string;
  readonly radius?: string;
  readonly font?: string;
  /** `auto` follows the user's system. */
  readonly mode?: "auto" | "light" | "dark";
}

export function applyTheme(host: HTMLElement, theme: Theme): void {
  const values = { accent: theme.accent, "on-accent": theme.onAccent, radius: theme.radius, font: theme.font };
  for (const [name, value] of Object.entries(values)) {
    if (value) host.style.setProperty(`--sonde-${name}`, value);
  }
  if (theme.mode && theme.mode !== "auto") host.dataset["mode"] = theme.mode;
}

/** Gives text on the accent colour the better contrast, unless the product has chosen it. */
export function readableAccent(host: HTMLElement, root: HTMLElement, painted: HTMLElement): void {
  if (getComputedStyle(host).getPropertyValue("--sonde-on-accent")) return;
  const channels = /^rgba?\((\d+), (\d+), (\d+)/.exec(getComputedStyle(painted).backgroundColor);
  if (!channels) return;
  root.style.setProperty("--on", luminance(channels.slice(1).map(Number)) > 0.18 ? "#10131a" : "#fff");
}

/** Relative luminance, WCAG 2.2. Black and white contrast equally against 0.179. */
function luminance(channels: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = channels.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
