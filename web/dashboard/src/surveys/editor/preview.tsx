import { Moon, Monitor, RotateCcw, Smartphone, Sun } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { IconButton, Segmented } from "../../ui/index.ts";
import { useSettings } from "../api.ts";
import { contentOf } from "../model/content.ts";
import { WidgetStage } from "../parts/widget-stage.tsx";
import { surveyRoute } from "../routes.tsx";
import { useDraft, useGo, useLanguage } from "./context.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import { useOpenQuestion } from "./page.tsx";

/** The survey as users will see it, drawn by the real widget. It begins at what is open in the editor. */
export function Preview() {
  const { document } = useDraft();
  const { language } = useLanguage();
  const { device = "phone", look = "light", part } = surveyRoute.useSearch();
  const open = useOpenQuestion();
  const go = useGo();
  const theme = useSettings().data?.theme;
  const [start, setStart] = useState({ at: undefined as string | undefined, run: 0, of: open });
  const settled = useDeferredValue(document);
  const content = useMemo(() => contentOf(settled, language), [settled, language]);
  const startAt = part === "thank_you" ? "thank_you" : start.of === open ? (start.at ?? open) : open;
  const restart = () => setStart(({ run }) => ({ at: document.questions[0]?.id, run: run + 1, of: open }));
  return (
    <div className="flex flex-col gap-3 p-4 xl:sticky xl:top-0 xl:max-h-dvh xl:overflow-y-auto">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Segmented
          label="Device"
          value={device}
          onChange={(next) => go({ device: next === "desktop" ? next : undefined })}
          options={[{ value: "phone", title: "Phone", label: <Smartphone size={14} aria-hidden /> }, { value: "desktop", title: "Desktop", label: <Monitor size={14} aria-hidden /> }]}
        />
        <Segmented
          label="Appearance of the preview"
          value={look}
          onChange={(next) => go({ look: next === "dark" ? next : undefined })}
          options={[{ value: "light", title: "Light preview", label: <Sun size={14} aria-hidden /> }, { value: "dark", title: "Dark preview", label: <Moon size={14} aria-hidden /> }]}
        />
        <span className="max-xl:hidden"><LanguageSwitch /></span>
        <IconButton label="Restart" onClick={restart}><RotateCcw size={15} aria-hidden /></IconButton>
      </div>
      <WidgetStage content={content} device={device} look={look} theme={theme} startAt={startAt} run={start.run} onRestart={restart} />
    </div>
  );
}
