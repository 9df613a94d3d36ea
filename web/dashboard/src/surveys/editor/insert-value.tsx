import { Braces } from "lucide-react";
import { type RefObject, useId, useRef, useState } from "react";
import { Button, Field, IconButton, Input, Popover, Select } from "../../ui/index.ts";
import { SOURCES, type Source } from "../model/document.ts";
import { canPipe, pipe } from "../model/pipes.ts";
import { SOURCE_WORDS } from "../model/sources.ts";
import { useSeen } from "./seen.ts";

type Box = RefObject<HTMLInputElement | HTMLTextAreaElement | null>;

/** A small menu that puts a value of the event, the trigger or the user into a text, where the caret is. */
export function InsertValue({ label, disabled, box, write }: { label: string; disabled: boolean; box: Box; write: (words: string) => void }) {
  const [open, setOpen] = useState(false);
  const caret = useRef<number | null>(null);
  const insert = (text: string) => {
    setOpen(false);
    const field = box.current;
    if (!field) return;
    const [start, end] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
    caret.current = start + text.length;
    write(field.value.slice(0, start) + text + field.value.slice(end));
  };
  // After an insertion the writer goes on behind it; else the focus goes back to the button.
  const leave = (event: Event) => {
    if (caret.current === null) return;
    event.preventDefault();
    box.current?.focus();
    box.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  };
  const trigger = <IconButton label={`Insert a value into ${label}`} disabled={disabled} className="size-6!"><Braces size={14} aria-hidden /></IconButton>;
  return (
    <Popover label="Insert a value" open={open} onOpenChange={setOpen} align="end" trigger={trigger} onCloseAutoFocus={leave} className="w-80">
      <Form done={insert} />
    </Popover>
  );
}

function Form({ done }: { done: (text: string) => void }) {
  const [source, setSource] = useState<Source>("event");
  const [path, setPath] = useState("");
  const [fallback, setFallback] = useState("");
  const seen = useSeen(source);
  const keys = useId();
  const ready = canPipe(path) && fallback.trim() !== "";
  const insert = () => ready && done(pipe(source, path, fallback));
  return (
    // It floats outside the page's form in the document, but React hands its events on.
    <div role="group" aria-label="Value" className="flex flex-col gap-3" onKeyDown={(event) => { if (event.key === "Enter" && !event.nativeEvent.isComposing) { event.preventDefault(); insert(); } }}>
      <Field label="From">
        <Select value={source} onChange={(event) => setSource(event.target.value as Source)}>
          {SOURCES.map((each) => <option key={each} value={each}>{SOURCE_WORDS[each]}</option>)}
        </Select>
      </Field>
      <Field label={source === "user" ? "Attribute" : "Property"} error={path !== "" && !canPipe(path) ? "A text cannot name a property with this sign." : null}>
        <Input list={keys} value={path} onChange={(event) => setPath(event.target.value)} placeholder={source === "user" ? "plan" : "author.name"} spellCheck={false} />
      </Field>
      <datalist id={keys}>{seen.map(({ key, types }) => <option key={key} value={key}>{types.join(", ")}</option>)}</datalist>
      <Field label="If there is none, say" hint="Also in the preview, and wherever the value is not known.">
        <Input value={fallback} onChange={(event) => setFallback(event.target.value)} placeholder="your book" />
      </Field>
      <Button look="primary" size="sm" disabled={!ready} onClick={insert} className="self-end">Insert</Button>
    </div>
  );
}
