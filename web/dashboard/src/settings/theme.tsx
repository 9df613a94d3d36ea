import { CircleAlert, CircleCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { WidgetTheme } from "../api/contract.ts";
import { checkAccent, parseHex } from "../lib/contrast.ts";
import { Card, Field, Input, Segmented, Select } from "../ui/index.ts";
import type { SettingsPart } from "./parts.ts";
import { WidgetPreview } from "./widget-preview.tsx";

export function ThemeSettings({ draft, change, report, problems }: SettingsPart) {
  const { theme } = draft;
  const [hex, setHex] = useState(theme.accent);
  const set = (part: Partial<WidgetTheme>) => change({ theme: { ...theme, ...part } });

  function accent(text: string) {
    setHex(text);
    const valid = parseHex(text);
    report("accent", valid ? null : "Write the colour as #rrggbb.");
    if (valid) set({ accent: text.trim().toLowerCase() });
  }

  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Card title="Look of the surveys">
        <div className="flex flex-col gap-4">
          <div className="flex items-end gap-2">
            <Field label="Accent colour" error={problems["accent"] || null}><Input value={hex} onChange={(event) => accent(event.target.value)} spellCheck={false} className="w-32 font-mono" /></Field>
            <input type="color" aria-label="Pick the accent colour" value={theme.accent} onChange={(event) => accent(event.target.value)} className="h-9 w-12 cursor-pointer rounded-md border border-line-strong bg-surface p-1" />
          </div>
          <Contrast accent={hex} />
          <Choice label="Corners"><Segmented label="Corners" value={theme.radius} onChange={(radius) => set({ radius })} options={[{ value: "none", label: "Square" }, { value: "small", label: "Slight" }, { value: "large", label: "Round" }]} /></Choice>
          <Choice label="Appearance"><Segmented label="Appearance of surveys" value={theme.appearance} onChange={(appearance) => set({ appearance })} options={[{ value: "auto", label: "As the user's system" }, { value: "light", label: "Light" }, { value: "dark", label: "Dark" }]} /></Choice>
          <Field label="Position on wide screens" hint="On phones a survey always fills the bottom edge.">
            <Select value={theme.position} onChange={(event) => set({ position: event.target.value as WidgetTheme["position"] })}>
              <option value="bottom_right">Bottom right</option>
              <option value="bottom_left">Bottom left</option>
              <option value="center">Centre</option>
            </Select>
          </Field>
        </div>
      </Card>
      <Card title="Preview" lead="The real widget; answers go nowhere."><WidgetPreview theme={theme} /></Card>
    </div>
  );
}

function Choice({ label, children }: { label: string; children: ReactNode }) {
  return <div className="flex flex-col gap-1"><span className="text-sm font-medium">{label}</span><div className="overflow-x-auto">{children}</div></div>;
}

function Contrast({ accent }: { accent: string }) {
  const checks = checkAccent(accent);
  if (!checks) return null;
  return (
    <ul className="flex flex-col gap-1" aria-live="polite">
      {checks.map((check) => (
        <li key={check.name} className="flex items-center gap-2 text-sm">
          {check.passes ? <CircleCheck size={15} className="shrink-0 text-good" aria-hidden /> : <CircleAlert size={15} className="shrink-0 text-bad" aria-hidden />}
          <span className="flex-1">{check.name}</span>
          <span className="tabular-nums">{check.ratio.toFixed(2)} : 1</span>
          <span className={check.passes ? "text-good" : "text-bad"}>{check.passes ? "passes" : `needs ${check.needs} : 1`}</span>
        </li>
      ))}
    </ul>
  );
}
