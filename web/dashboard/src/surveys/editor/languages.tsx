import { Check, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Field, IconButton, Input, Select, toast } from "../../ui/index.ts";
import { languagesOf } from "../model/document.ts";
import { addLanguage, isLanguageTag, languageName, missing, removeLanguage, texts } from "../model/languages.ts";
import { errorAt } from "../model/pointers.ts";
import { useSettings } from "../api.ts";
import { useDraft, useGo, useLanguage } from "./context.tsx";
import { PartSection } from "./parts.tsx";
import { TextField } from "./text-field.tsx";

const COMMON = ["en", "de", "fr", "es", "it", "pt-BR", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "tr", "uk", "ru", "ar", "he", "hi", "ja", "ko", "zh-Hans", "zh-Hant", "id", "vi", "th"];

export function LanguagesPart() {
  const { errors } = useDraft();
  const { isDefault } = useLanguage();
  const error = errorAt(errors, "/languages") ?? errorAt(errors, "/default_language");
  return (
    <PartSection title="Languages" lead="Users get their own language if it is here, else the default one: a survey is never withheld for its language.">
      <Listed />
      {error && <p role="alert" className="text-sm text-bad">{error}</p>}
      <AddLanguage />
      {!isDefault && <Translation />}
    </PartSection>
  );
}

function Listed() {
  const { document, store } = useDraft();
  const { language } = useLanguage();
  const go = useGo();
  const choose = (tag: string) => go({ lang: tag === document.default_language ? undefined : tag });
  const remove = (tag: string) => {
    store.edit((draft) => removeLanguage(draft, tag));
    const without = store.document;
    if (tag === language) go({ lang: undefined });
    toast(`${languageName(tag)} removed.`, { label: "Undo", run: () => store.takeBack(without, () => document) });
  };
  return (
    <ul className="flex flex-col divide-y divide-line rounded-lg border border-line">
      {languagesOf(document).map((tag) => {
        const isDefault = tag === document.default_language;
        const gaps = isDefault ? 0 : missing(document, tag).length;
        return (
          <li key={tag} className="flex min-h-11 items-center gap-2 px-3">
            <button type="button" aria-pressed={tag === language} onClick={() => choose(tag)} className="flex min-w-0 flex-1 items-center gap-2 py-2 text-left">
              <span className="truncate font-medium">{languageName(tag)}</span>
              <span className="text-sm text-ink-3">{tag}</span>
              {tag === language && <Badge tone="accent">editing</Badge>}
            </button>
            {isDefault && <Badge>default</Badge>}
            {!isDefault && (gaps > 0 ? <Badge tone="warn">{gaps} missing</Badge> : <Badge tone="good"><Check size={12} aria-hidden />complete</Badge>)}
            {!isDefault && <IconButton label={`Remove ${languageName(tag)}`} onClick={() => remove(tag)}><Trash2 size={16} aria-hidden /></IconButton>}
          </li>
        );
      })}
    </ul>
  );
}

function AddLanguage() {
  const { document, store } = useDraft();
  const settings = useSettings();
  const go = useGo();
  const [other, setOther] = useState("");
  const [isOther, setIsOther] = useState(false);
  const used = new Set(languagesOf(document));
  const usual = settings.data?.languages ?? [];
  const offered = [...usual, ...COMMON.filter((tag) => !usual.includes(tag))].filter((tag) => !used.has(tag));
  const add = (tag: string) => {
    store.edit((draft) => addLanguage(draft, tag));
    go({ lang: tag });
    setOther("");
    setIsOther(false);
  };
  const isValid = isLanguageTag(other);
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Field label="Add a language" className="min-w-48 flex-1">
        <Select value={isOther ? "other" : ""} onChange={(event) => (event.target.value === "other" ? setIsOther(true) : event.target.value && add(event.target.value))}>
          <option value="">Choose…</option>
          {offered.map((tag) => <option key={tag} value={tag}>{languageName(tag)} ({tag})</option>)}
          <option value="other">Another one…</option>
        </Select>
      </Field>
      {isOther && (
        <form className="flex items-end gap-2" onSubmit={(event) => { event.preventDefault(); if (isValid) add(other); }}>
          <Field label="Language tag" error={other && !isValid ? "Such as de-CH." : null}>
            <Input value={other} onChange={(event) => setOther(event.target.value.trim())} placeholder="de-CH" className="w-28!" autoFocus data-own-undo />
          </Field>
          <Button type="submit" disabled={!isValid} icon={<Plus size={14} aria-hidden />}>Add</Button>
        </form>
      )}
    </div>
  );
}

/** Every text beside its original, in the order of the survey. */
function Translation() {
  const { document } = useDraft();
  const { language } = useLanguage();
  const gaps = missing(document, language).length;
  return (
    <section aria-label={`Texts in ${languageName(language)}`} className="flex flex-col gap-4 border-t border-line pt-4">
      <h3 className="text-sm font-semibold">
        All texts in {languageName(language)} <span className={gaps > 0 ? "text-warn" : "text-good"}>{gaps > 0 ? `· ${gaps} missing` : "· complete"}</span>
      </h3>
      {texts(document).map(({ pointer, label }) => <TextField key={pointer} pointer={pointer} label={label} optional={!/(title|label|low|high)$/.test(pointer)} />)}
    </section>
  );
}
