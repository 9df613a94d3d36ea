import { Checkbox, Input, Select } from "../../ui/index.ts";
import { type AnswerCondition, type Condition, type FactCondition, isFact, type Operator, type Question, type Source, SOURCES, titleOf, words } from "../model/document.ts";
import { fittingValue, needsValue, newCondition, OPERATOR_WORDS, operatorsFor, rangeOf, withValue } from "../model/logic.ts";
import { newFact, SOURCE_WORDS } from "../model/sources.ts";
import { PropertyFields } from "../parts/property-fields.tsx";
import { useDraft } from "./context.tsx";
import { useSeen } from "./seen.ts";

type Props = { condition: Condition; sources: readonly Question[]; change: (condition: Condition) => void };

/** One condition: whose answer or which fact, how it compares, with what. */
export function ConditionRow({ condition, sources, change }: Props) {
  return isFact(condition) ? <FactRow condition={condition} sources={sources} change={change} /> : <AnswerRow condition={condition} sources={sources} change={change} />;
}

/** What is asked about: an answer, or what the server knows. */
function Subject({ condition, sources, change }: Props) {
  const { document } = useDraft();
  const gone = isFact(condition) || sources.some(({ id }) => id === condition.question) ? null : condition.question;
  const set = (value: string) => {
    const question = sources.find((each) => `question ${each.id}` === value);
    change(question ? newCondition(question) : newFact(value as Source));
  };
  return (
    <Select aria-label="Asked about" value={isFact(condition) ? condition.source : `question ${condition.question}`} onChange={(event) => set(event.target.value)}>
      {gone !== null && <option value={`question ${gone}`}>{`${titleOf(document, gone)} (not possible)`}</option>}
      <optgroup label="Answers">
        {sources.map((each) => <option key={each.id} value={`question ${each.id}`}>{`${document.questions.indexOf(each) + 1}. ${titleOf(document, each.id)}`}</option>)}
      </optgroup>
      <optgroup label="What the server knows">
        {SOURCES.map((each) => <option key={each} value={each}>{SOURCE_WORDS[each]}</option>)}
      </optgroup>
    </Select>
  );
}

function FactRow({ condition, sources, change }: Props & { condition: FactCondition }) {
  const seen = useSeen(condition.source);
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-2">
      <Subject condition={condition} sources={sources} change={change} />
      <PropertyFields condition={condition} seen={seen} change={(next) => change({ source: condition.source, ...next })} />
    </div>
  );
}

function AnswerRow({ condition, sources, change }: Props & { condition: AnswerCondition }) {
  const { document } = useDraft();
  const asked = document.questions.find(({ id }) => id === condition.question);
  const setOperator = (op: Operator) => change(withValue({ question: condition.question, op }, fittingValue(asked, op, condition.value)));
  return (
    <div className="grid min-w-0 flex-1 gap-2 @sm:grid-cols-[minmax(0,1fr)_auto]">
      <Subject condition={condition} sources={sources} change={change} />
      <Select aria-label="Comparison" value={condition.op} onChange={(event) => setOperator(event.target.value as Operator)} className="@sm:w-36!">
        {operatorsFor(asked).map((op) => <option key={op} value={op}>{OPERATOR_WORDS[op]}</option>)}
      </Select>
      {needsValue(condition.op) && <div className="@sm:col-span-2"><Value condition={condition} asked={asked} change={change} /></div>}
    </div>
  );
}

function Value({ condition, asked, change }: { condition: AnswerCondition; asked: Question | undefined; change: Props["change"] }) {
  const set = (value: unknown) => change(withValue(condition, value));
  const range = rangeOf(asked);
  if (range) {
    const steps = Array.from({ length: range[1] - range[0] + 1 }, (_, step) => range[0] + step);
    return <Select aria-label="Value" value={String(condition.value)} onChange={(event) => set(Number(event.target.value))}>{steps.map((step) => <option key={step}>{step}</option>)}</Select>;
  }
  if (asked?.type === "single_select_feedback") return <Choice condition={condition} asked={asked} set={set} />;
  return <Input aria-label="Value" value={String(condition.value ?? "")} onChange={(event) => set(event.target.value)} placeholder="A word or phrase" />;
}

function Choice({ condition, asked, set }: { condition: AnswerCondition; asked: Question; set: (value: unknown) => void }) {
  const { document } = useDraft();
  const options = (asked.options ?? []).map((option) => ({ id: option.id, label: words(option.label, document.default_language, document.default_language) || option.id }));
  if (condition.op !== "in") {
    return (
      <Select aria-label="Option" value={String(condition.value)} onChange={(event) => set(event.target.value)}>
        {!options.some(({ id }) => id === condition.value) && <option value={String(condition.value)}>(option deleted)</option>}
        {options.map((option) => <option key={option.id} value={option.id}>{option.label}</option>)}
      </Select>
    );
  }
  const chosen = Array.isArray(condition.value) ? (condition.value as string[]) : [];
  return (
    <div role="group" aria-label="Chosen options" className="flex flex-wrap gap-x-4 gap-y-1">
      {options.map(({ id, label }) => (
        <Checkbox key={id} label={label} checked={chosen.includes(id)} onChange={(event) => set(options.map((option) => option.id).filter((each) => (each === id ? event.target.checked : chosen.includes(each))))} />
      ))}
    </div>
  );
}
