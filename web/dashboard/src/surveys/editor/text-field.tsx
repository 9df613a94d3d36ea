import { type ReactNode, useRef } from "react";
import { Field, Input, Textarea } from "../../ui/index.ts";
import { cx } from "../../lib/cx.ts";
import { directionOf } from "../model/content.ts";
import { languageName } from "../model/languages.ts";
import { errorAt } from "../model/pointers.ts";
import { setText, textAt } from "../model/texts.ts";
import { useDraft, useEdit, useLanguage } from "./context.tsx";
import { InsertValue } from "./insert-value.tsx";

interface TextFieldProps {
  /** Where the text is in the document. */
  readonly pointer: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** Without words the text is left out. */
  readonly optional?: boolean;
  readonly multiline?: boolean;
  readonly hideLabel?: boolean;
  readonly placeholder?: string;
  readonly autoFocus?: boolean;
  /** What users see while the text is empty. */
  readonly builtIn?: (language: string) => string;
}

/** One text of the survey in the chosen language; in a further language beside the default one. */
export function TextField({ pointer, label, hint, optional = false, multiline = false, hideLabel = false, placeholder, autoFocus = false, builtIn }: TextFieldProps) {
  const { document, errors } = useDraft();
  const { language, isDefault, defaultLanguage } = useLanguage();
  const edit = useEdit();
  const text = textAt(document, pointer);
  const original = text?.[defaultLanguage] ?? "";
  const value = text?.[language] ?? "";
  const isMissing = !isDefault && original.trim() !== "" && value.trim() === "";
  const box = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const write = (words: string) => edit((draft) => setText(draft, pointer, language, words, optional), `${pointer}/${language}`);
  const disabled = !isDefault && original === "" && optional;
  const control = {
    ref: box,
    value,
    lang: language,
    dir: directionOf(language),
    maxLength: 4_000,
    autoFocus,
    disabled,
    placeholder: builtIn?.(language) ?? (isDefault ? placeholder : `In ${languageName(language)}`),
    className: cx(isMissing && "border-warn!", hideLabel && "pe-9"),
    onChange: (event: { target: { value: string } }) => write(event.target.value),
  };
  const field = (
    <div className={cx("relative", !hideLabel && "[&_label]:pe-7")}>
      <Field
        label={isDefault ? label : `${label} (${languageName(language)})`}
        hideLabel={hideLabel}
        error={errorAt(errors, pointer)}
        hint={isMissing ? <span className="text-warn">Not translated yet</span> : hint}
      >
        {multiline ? <Textarea rows={2} {...control} /> : <Input {...control} />}
      </Field>
      <span className={cx("absolute", hideLabel ? "end-1.5 top-1.5" : "end-0 -top-0.5")}>
        <InsertValue label={label} disabled={disabled} box={box} write={write} />
      </span>
    </div>
  );
  if (isDefault) return field;
  return (
    <div className="grid gap-x-3 gap-y-1 @sm:grid-cols-2">
      <Original label={label} hideLabel={hideLabel} language={defaultLanguage} text={original} empty={builtIn?.(defaultLanguage) ?? "Empty"} />
      {field}
    </div>
  );
}

function Original({ label, hideLabel, language, text, empty }: { label: string; hideLabel: boolean; language: string; text: string; empty: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <span className={cx("text-sm font-medium text-ink-3", hideLabel ? "sr-only" : "pe-7")}>{label} ({languageName(language)})</span>
      <p lang={language} dir={directionOf(language)} className="min-h-9 rounded-md border border-line bg-sunken px-2.5 py-1.5 whitespace-pre-line text-ink-2 wrap-anywhere">
        {text || <span className="text-ink-3">{empty}</span>}
      </p>
    </div>
  );
}
