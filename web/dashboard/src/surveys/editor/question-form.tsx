import { Copy, Trash2 } from "lucide-react";
import { useState } from "react";
import { Field, IconButton, Input, Select, Switch, toast } from "../../ui/index.ts";
import { QUESTION_TYPES, type Question, type QuestionType } from "../model/document.ts";
import { changeType, duplicateQuestion, insertQuestion, nameOf, put, removeQuestion, updateQuestion } from "../model/edit.ts";
import { errorAt } from "../model/pointers.ts";
import { TYPES } from "../parts/question-types.tsx";
import { useDraft, useGo } from "./context.tsx";
import { LogicEditor } from "./logic-editor.tsx";
import { Options } from "./options.tsx";
import { TextField } from "./text-field.tsx";

export function QuestionForm({ question, at }: { question: Question; at: number }) {
  const { document } = useDraft();
  const [isNew] = useState(nameOf(document, question) === "Untitled question");
  const pointer = `/questions/${at}`;
  return (
    <section aria-label={`Question ${at + 1}: ${nameOf(document, question)}`} className="flex flex-col gap-5">
      <Head question={question} at={at} />
      <TextField pointer={`${pointer}/title`} label="Question" multiline placeholder="What do you want to know?" autoFocus={isNew} />
      <TextField pointer={`${pointer}/description`} label="Description" optional placeholder="A line below the question" />
      <TypeFields question={question} pointer={pointer} />
      <Required question={question} />
      <LogicEditor question={question} pointer={pointer} />
    </section>
  );
}

function Head({ question, at }: { question: Question; at: number }) {
  const { document, store } = useDraft();
  const go = useGo();
  const duplicate = () => {
    const copy = duplicateQuestion(document, question.id);
    store.edit(() => copy.document);
    go({ question: copy.id, part: undefined }, false);
  };
  const remove = () => {
    const next = document.questions[at + 1] ?? document.questions[at - 1];
    store.edit((draft) => removeQuestion(draft, question.id));
    const without = store.document;
    go({ question: next?.id }, true);
    const back = () => {
      store.takeBack(without, (draft) => (draft.questions.some(({ id }) => id === question.id) ? draft : insertQuestion(draft, question, at)));
      go({ question: question.id, part: undefined });
    };
    toast("Question deleted.", { label: "Undo", run: back });
  };
  const change = (type: QuestionType) => store.edit((draft) => updateQuestion(draft, question.id, (old) => changeType(draft, old, type)));
  return (
    <div className="flex flex-wrap items-center gap-2">
      <h2 className="mr-auto text-lg font-semibold">Question {at + 1}</h2>
      <Select aria-label="Type of question" value={question.type} onChange={(event) => change(event.target.value as QuestionType)} className="w-auto!">
        {QUESTION_TYPES.map((type) => <option key={type} value={type}>{TYPES[type].name}</option>)}
      </Select>
      <IconButton label="Duplicate question" onClick={duplicate}><Copy size={16} aria-hidden /></IconButton>
      <IconButton label="Delete question" onClick={remove}><Trash2 size={16} aria-hidden /></IconButton>
    </div>
  );
}

function TypeFields({ question, pointer }: { question: Question; pointer: string }) {
  switch (question.type) {
    case "single_select_feedback":
      return <Options question={question} pointer={pointer} />;
    case "nps_feedback":
    case "star_feedback":
      return (
        <fieldset className="flex flex-col gap-3">
          <legend className="mb-2 text-sm font-semibold">What the ends mean</legend>
          <div className="grid gap-3">
            <TextField pointer={`${pointer}/labels/low`} label={`Low end (${question.type === "nps_feedback" ? 0 : 1})`} />
            <TextField pointer={`${pointer}/labels/high`} label={`High end (${question.type === "nps_feedback" ? 10 : 5})`} />
          </div>
        </fieldset>
      );
    case "input_feedback":
      return (
        <>
          <TextField pointer={`${pointer}/placeholder`} label="Placeholder" optional hint="Shown while the field is empty." />
          <MaxLength question={question} pointer={pointer} />
        </>
      );
  }
}

function MaxLength({ question, pointer }: { question: Question; pointer: string }) {
  const { errors, store } = useDraft();
  const set = (typed: string) =>
    store.edit((draft) => updateQuestion(draft, question.id, (old) => put(old, "max_length", typed === "" ? undefined : Math.round(Number(typed)))), `${pointer}/max_length`);
  return (
    <Field label="Longest answer" hint="In characters, 1 to 4000." error={errorAt(errors, `${pointer}/max_length`)} className="max-w-48">
      <Input type="number" inputMode="numeric" min={1} max={4_000} placeholder="2000" value={question.max_length ?? ""} onChange={(event) => set(event.target.value)} />
    </Field>
  );
}

function Required({ question }: { question: Question }) {
  const { store } = useDraft();
  const set = (required: boolean) => store.edit((draft) => updateQuestion(draft, question.id, (old) => ({ ...old, required })));
  return <Switch checked={question.required ?? false} onChange={set} label="An answer is required" hint="Without this, users can skip the question." />;
}
