import { closestCenter, DndContext, type DragEndEvent, KeyboardSensor, PointerSensor, useSensor, useSensors } from "@dnd-kit/core";
import { restrictToVerticalAxis } from "./vertical.ts";
import { SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import { CircleAlert, CornerDownRight, GripVertical, Hand, Languages, Plus, SlidersHorizontal, Type } from "lucide-react";
import { memo, type ReactNode, useMemo, useRef } from "react";
import { cx } from "../../lib/cx.ts";
import { Button, Menu, MenuItem } from "../../ui/index.ts";
import { QUESTION_TYPES, type QuestionType } from "../model/document.ts";
import { insertQuestion, moveQuestion, nameOf, newQuestion } from "../model/edit.ts";
import { brokenRules } from "../model/logic.ts";
import { errorsAt } from "../model/pointers.ts";
import { TYPES, TypeIcon } from "../parts/question-types.tsx";
import { surveyRoute } from "../routes.tsx";
import type { Part } from "../search.ts";
import { useDraft, useGo } from "./context.tsx";
import { useOpenQuestion } from "./page.tsx";

/** The questions in their order, and what is around them. */
export function Outline() {
  const { document, errors } = useDraft();
  return (
    <nav aria-label="Parts of the survey" className="flex flex-col gap-4 p-3 xl:sticky xl:top-0 xl:max-h-dvh xl:overflow-y-auto">
      <div>
        <h2 className="px-2 pb-1 text-sm font-medium text-ink-3">Questions</h2>
        <Questions />
        <AddQuestion />
      </div>
      <ul className="flex flex-col gap-0.5">
        <PartLink part="thank_you" icon={<Hand size={16} aria-hidden />} wrong={errorsAt(errors, "/thank_you").length > 0}>Thank-you card{document.thank_you ? "" : " (off)"}</PartLink>
        <PartLink part="texts" icon={<Type size={16} aria-hidden />} wrong={errorsAt(errors, "/texts").length > 0}>Buttons and hints</PartLink>
        <PartLink part="languages" icon={<Languages size={16} aria-hidden />} wrong={errorsAt(errors, "/languages").length > 0}>Languages</PartLink>
        <PartLink part="survey" icon={<SlidersHorizontal size={16} aria-hidden />} wrong={errorsAt(errors, "/name").length > 0}>Behaviour</PartLink>
      </ul>
    </nav>
  );
}

function Questions() {
  const { document, errors, store } = useDraft();
  const open = useOpenQuestion();
  const wrong = new Set(errors.filter(({ pointer }) => pointer.startsWith("/questions/")).map(({ pointer }) => pointer.split("/")[2]));
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const order = document.questions.map(({ id }) => id).join();
  const ids = useMemo(() => (order === "" ? [] : order.split(",")), [order]);
  const place = (id: string | number | undefined) => `${ids.indexOf(String(id)) + 1} of ${ids.length}`;
  const name = (id: string | number) => {
    const question = document.questions.find((each) => each.id === id);
    return question ? nameOf(document, question) : "";
  };
  const drop = ({ active, over }: DragEndEvent) => {
    if (over && active.id !== over.id) store.edit((draft) => moveQuestion(draft, String(active.id), ids.indexOf(String(over.id))));
  };
  const announcements = {
    onDragStart: ({ active }: Pick<DragEndEvent, "active">) => `Picked up “${name(active.id)}”, ${place(active.id)}.`,
    onDragOver: ({ active, over }: DragEndEvent) => (over ? `“${name(active.id)}” is now at ${place(over.id)}.` : undefined),
    onDragEnd: ({ active, over }: DragEndEvent) => (over ? `“${name(active.id)}” was dropped at ${place(over.id)}.` : undefined),
    onDragCancel: ({ active }: DragEndEvent) => `“${name(active.id)}” stays at ${place(active.id)}.`,
  };
  return (
    <DndContext sensors={sensors} collisionDetection={closestCenter} modifiers={[restrictToVerticalAxis]} onDragEnd={drop} accessibility={{ announcements, screenReaderInstructions: INSTRUCTIONS }}>
      <SortableContext items={ids} strategy={verticalListSortingStrategy}>
        <ol className="flex flex-col gap-0.5">
          {document.questions.map((question, at) => (
            <QuestionLink
              key={question.id}
              id={question.id}
              type={question.type}
              title={nameOf(document, question)}
              hasRules={(question.logic ?? []).length > 0}
              isWrong={wrong.has(String(at)) || brokenRules(document, question).length > 0}
              isOpen={question.id === open}
            />
          ))}
        </ol>
      </SortableContext>
    </DndContext>
  );
}

const INSTRUCTIONS = { draggable: "Press Space to pick the question up, the arrow keys to move it, Space to drop it, Escape to leave it where it was." };

interface LinkProps {
  readonly id: string;
  readonly type: QuestionType;
  readonly title: string;
  readonly hasRules: boolean;
  readonly isWrong: boolean;
  readonly isOpen: boolean;
}

/** Drawn anew only when something of it changed: a survey may have a hundred. */
const QuestionLink = memo(function QuestionLink({ id, type, title, hasRules, isWrong, isOpen }: LinkProps) {
  const go = useGo();
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({ id });
  return (
    <li
      ref={setNodeRef}
      style={{ transform: CSS.Translate.toString(transform), transition }}
      className={cx("group flex items-center rounded-md", isOpen ? "bg-accent-soft" : "hover:bg-hover", isDragging && "relative z-10 bg-raised shadow-pop")}
    >
      <button
        type="button"
        ref={setActivatorNodeRef}
        {...attributes}
        {...listeners}
        aria-label={`Move “${title}”`}
        className="flex h-9 w-6 shrink-0 cursor-grab touch-none items-center justify-center text-ink-3 focus-inset"
      >
        <GripVertical size={14} aria-hidden />
      </button>
      <button
        type="button"
        aria-current={isOpen || undefined}
        title={title}
        onClick={() => go({ question: id, part: undefined }, false)}
        className="flex h-9 min-w-0 flex-1 items-center gap-2 pr-2 text-left focus-inset"
      >
        <TypeIcon type={type} />
        <span className="min-w-0 flex-1 truncate">{title}</span>
        {hasRules && <CornerDownRight size={14} aria-label="has rules" className="shrink-0 text-ink-3" />}
        {isWrong && <CircleAlert size={14} aria-label="has errors" className="shrink-0 text-bad" />}
      </button>
    </li>
  );
});

export function AddQuestion() {
  const { document, store } = useDraft();
  const go = useGo();
  const added = useRef(false);
  const add = (type: QuestionType) => {
    added.current = true;
    const question = newQuestion(document, type);
    const open = document.questions.findIndex(({ id }) => id === surveyQuestion);
    store.edit((draft) => insertQuestion(draft, question, open < 0 ? undefined : open + 1));
    go({ question: question.id, part: undefined, lang: undefined, view: undefined }, false);
  };
  const surveyQuestion = surveyRoute.useSearch().question;
  // The focus goes on to the new question's title.
  const stay = (event: Event) => {
    if (added.current) event.preventDefault();
    added.current = false;
  };
  return (
    <div className="mt-2 px-1">
      <Menu align="start" onClosed={stay} trigger={<Button size="sm" className="w-full" icon={<Plus size={14} aria-hidden />}>Add question</Button>}>
        {QUESTION_TYPES.map((type) => (
          <MenuItem key={type} icon={<TypeIcon type={type} />} onSelect={() => add(type)}>{TYPES[type].name}<span className="ml-2 text-sm text-ink-3">{TYPES[type].use}</span></MenuItem>
        ))}
      </Menu>
    </div>
  );
}

function PartLink({ part, icon, wrong, children }: { part: Part; icon: ReactNode; wrong: boolean; children: ReactNode }) {
  const open = surveyRoute.useSearch().part;
  const go = useGo();
  return (
    <li>
      <button
        type="button"
        aria-current={open === part || undefined}
        onClick={() => go({ part, question: undefined }, false)}
        className="flex h-9 w-full items-center gap-2 rounded-md px-2 text-left text-ink-2 focus-inset hover:bg-hover aria-[current]:bg-accent-soft aria-[current]:text-ink"
      >
        {icon}
        <span className="min-w-0 flex-1 truncate">{children}</span>
        {wrong && <CircleAlert size={14} aria-label="has errors" className="shrink-0 text-bad" />}
      </button>
    </li>
  );
}
