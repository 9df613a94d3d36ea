import { closestCenter, DndContext, type DragEndEvent, KeyboardSensor, PointerSensor, useSensor, useSensors } from "@dnd-kit/core";
import { SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { GripVertical, Plus, Trash2 } from "lucide-react";
import { cx } from "../../lib/cx.ts";
import { Button, Checkbox, Field, IconButton, Select, toast } from "../../ui/index.ts";
import { type Option, type Question, words } from "../model/document.ts";
import { addOption, moved, put, updateQuestion } from "../model/edit.ts";
import { errorOf } from "../model/pointers.ts";
import { useDraft, useLanguage } from "./context.tsx";
import { TextField } from "./text-field.tsx";
import { restrictToVerticalAxis } from "./vertical.ts";

type Change = (change: (question: Question) => Question, about?: string) => void;

export function Options({ question, pointer }: { question: Question; pointer: string }) {
  const { document, errors, store } = useDraft();
  const { isDefault } = useLanguage();
  const options = question.options ?? [];
  const change: Change = (edit, about) => store.edit((draft) => updateQuestion(draft, question.id, edit), about ?? null);
  const error = errorOf(errors, `${pointer}/options`);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-sm font-semibold">Options</legend>
      <SortedOptions question={question} pointer={pointer} change={change} />
      {error && <p role="alert" className="text-sm text-bad">{error}</p>}
      {isDefault && (
        <div className="flex flex-wrap gap-2">
          <Button size="sm" icon={<Plus size={14} aria-hidden />} onClick={() => change((old) => addOption(document, old))}>Add option</Button>
          {!options.some((option) => option.allows_text) && (
            <Button size="sm" look="quiet" onClick={() => change((old) => addOption(document, old, "", true))}>Add “other” with text</Button>
          )}
        </div>
      )}
      <Field label="Order" className="mt-2 max-w-72">
        <Select value={question.randomise ?? "none"} onChange={(event) => change((old) => put(old, "randomise", event.target.value === "none" ? undefined : (event.target.value as "all" | "keep_last")))}>
          <option value="none">As written</option>
          <option value="all">Any order, per user</option>
          <option value="keep_last">Any order, the last stays last</option>
        </Select>
      </Field>
    </fieldset>
  );
}

function SortedOptions({ question, pointer, change }: { question: Question; pointer: string; change: Change }) {
  const { document } = useDraft();
  const options = question.options ?? [];
  const ids = options.map(({ id }) => id);
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 4 } }), useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }));
  const name = (id: string | number) => words(options.find((option) => option.id === id)?.label, document.default_language, document.default_language) || "untitled option";
  const drop = ({ active, over }: DragEndEvent) => {
    if (over && active.id !== over.id) change((old) => ({ ...old, options: moved(old.options ?? [], ids.indexOf(String(active.id)), ids.indexOf(String(over.id))) }));
  };
  const announcements = {
    onDragStart: ({ active }: Pick<DragEndEvent, "active">) => `Picked up ${name(active.id)}.`,
    onDragOver: ({ active, over }: DragEndEvent) => (over ? `${name(active.id)} is now at ${ids.indexOf(String(over.id)) + 1} of ${ids.length}.` : undefined),
    onDragEnd: ({ active, over }: DragEndEvent) => (over ? `${name(active.id)} was dropped at ${ids.indexOf(String(over.id)) + 1} of ${ids.length}.` : undefined),
    onDragCancel: ({ active }: DragEndEvent) => `${name(active.id)} stays where it was.`,
  };
  return (
    <DndContext sensors={sensors} collisionDetection={closestCenter} modifiers={[restrictToVerticalAxis]} onDragEnd={drop} accessibility={{ announcements }}>
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        <ul className="flex flex-col gap-2">
          {options.map((option, index) => <OptionRow key={option.id} questionId={question.id} option={option} pointer={`${pointer}/options/${index}`} index={index} change={change} name={name(option.id)} />)}
        </ul>
      </SortableContext>
    </DndContext>
  );
}

type RowProps = { questionId: string; option: Option; pointer: string; index: number; change: Change; name: string };

function OptionRow({ questionId, option, pointer, index, change, name }: RowProps) {
  const { store, errors } = useDraft();
  const { isDefault } = useLanguage();
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({ id: option.id });
  const remove = () => {
    change((old) => ({ ...old, options: (old.options ?? []).filter(({ id }) => id !== option.id) }));
    const without = store.document;
    const restored = (old: Question) => (old.options?.some(({ id }) => id === option.id) ? old : { ...old, options: (old.options ?? []).toSpliced(index, 0, option) });
    toast("Option deleted.", { label: "Undo", run: () => store.takeBack(without, (draft) => updateQuestion(draft, questionId, restored)) });
  };
  const allow = (allows: boolean) =>
    change((old) => ({ ...old, options: (old.options ?? []).map((each) => (each.id === option.id ? put(each, "allows_text", allows || undefined) : each)) }));
  const idError = errorOf(errors, `${pointer}/id`);
  return (
    <li ref={setNodeRef} style={{ transform: CSS.Translate.toString(transform), transition }} className={cx("flex items-start gap-1", isDragging && "relative z-10 rounded-md bg-raised shadow-pop")}>
      <button type="button" ref={setActivatorNodeRef} {...attributes} {...listeners} aria-label={`Move option ${name}`} className="flex h-9 w-5 shrink-0 cursor-grab touch-none items-center justify-center text-ink-3">
        <GripVertical size={14} aria-hidden />
      </button>
      <div className="min-w-0 flex-1">
        <TextField pointer={`${pointer}/label`} label={`Option ${index + 1}`} hideLabel={isDefault} placeholder={`Option ${index + 1}`} />
        {idError && <p role="alert" className="text-sm text-bad">{idError}</p>}
      </div>
      {isDefault && (
        <>
          <Checkbox label={<span className="text-sm">Text</span>} aria-label={`Option ${index + 1} asks for a text`} title="Asks for words of the user's own" checked={option.allows_text ?? false} onChange={(event) => allow(event.target.checked)} className="mt-2 px-1" />
          <IconButton label={`Delete option ${index + 1}`} onClick={remove}><Trash2 size={16} aria-hidden /></IconButton>
        </>
      )}
    </li>
  );
}
