import type { ReactNode } from "react";
import { Switch } from "../../ui/index.ts";
import { FRAME_TEXTS, type FrameText } from "../model/document.ts";
import { builtIn } from "../model/content.ts";
import { put } from "../model/edit.ts";
import { languageName } from "../model/languages.ts";
import { useDraft, useLanguage } from "./context.tsx";
import { TextField } from "./text-field.tsx";

export function PartSection({ title, lead, children }: { title: string; lead: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-5">
      <div>
        <h2 className="text-lg font-semibold">{title}</h2>
        <p className="text-sm text-ink-2">{lead}</p>
      </div>
      {children}
    </section>
  );
}

export function ThankYouPart() {
  const { document, store } = useDraft();
  const toggle = (on: boolean) =>
    store.edit((draft) => put(draft, "thank_you", on ? { title: { [draft.default_language]: "Thank you!" } } : undefined));
  return (
    <PartSection title="Thank-you card" lead="Shown after the last answer; it leaves by itself after two seconds.">
      <Switch checked={Boolean(document.thank_you)} onChange={toggle} label="Say thank you" />
      {document.thank_you && (
        <>
          <TextField pointer="/thank_you/title" label="Heading" />
          <TextField pointer="/thank_you/description" label="Text" optional multiline />
        </>
      )}
    </PartSection>
  );
}

const NAMES: Readonly<Record<FrameText, string>> = {
  next: "Next",
  submit: "Send",
  skip: "Skip",
  close: "Close (read out)",
  required: "An answer is missing",
  other: "Field of “other”",
};

export function FrameTextsPart() {
  const { language } = useLanguage();
  return (
    <PartSection title="Buttons and hints" lead={`Leave a text empty to use the one that comes with Sonde in ${languageName(language)}.`}>
      {FRAME_TEXTS.map((name, at) => <TextField key={name} pointer={`/texts/${name}`} label={NAMES[name]} optional builtIn={(tag) => builtIn(tag)[at] ?? ""} />)}
    </PartSection>
  );
}

export function SurveyPart() {
  const { document, store } = useDraft();
  return (
    <PartSection title="Behaviour" lead="How the survey behaves on screen. When and to whom it shows is under Configure & Launch.">
      <Switch
        checked={document.dismissible ?? true}
        onChange={(on) => store.edit((draft) => put(draft, "dismissible", on ? undefined : false))}
        label="Users can close it"
        hint="With a cross and the Escape key. Without, only an answer makes it go."
      />
      <Switch
        checked={document.show_progress ?? true}
        onChange={(on) => store.edit((draft) => put(draft, "show_progress", on ? undefined : false))}
        label="Show how far along they are"
        hint="A count and a thin bar, if there is more than one question."
      />
    </PartSection>
  );
}
