import { Monitor, Moon, Sun } from "lucide-react";
import { setAppearance, useAppearance } from "../lib/appearance.ts";
import { Segmented } from "../ui/segmented.tsx";

export function AppearanceSwitch() {
  return (
    <Segmented
      label="Appearance"
      value={useAppearance()}
      onChange={setAppearance}
      options={[
        { value: "auto", title: "As the system", label: <Monitor size={14} aria-hidden /> },
        { value: "light", title: "Light", label: <Sun size={14} aria-hidden /> },
        { value: "dark", title: "Dark", label: <Moon size={14} aria-hidden /> },
      ]}
    />
  );
}
