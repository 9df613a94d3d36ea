import { ArrowDown, ArrowUp, CornerDownRight, Plus, Trash2, X } from "lucide-react";
import { useId } from "react";
import { Button, IconButton, Select } from "../../ui/index.ts";
import { titleOf, type Condition, type Question, type Rule } from "../model/document.ts";
import { moved, put, updateQuestion } from "../model/edit.ts";
import { brokenRules, conditionsOf, modeOf, newCondition, newRule, sources, targets, withConditions } from "../model/logic.ts";
import { errorsAt } from "../model/pointers.ts";
import { ConditionRow } from "./logic-condition.tsx";
import { useDraft } from "./context.tsx";

/** Where the survey goes after this question. */
export function LogicEditor({ question, pointer }: { question: Question; pointer: string }) {
  const { document, store } = useDraft();
  const rules = question.logic ?? [];
  const set = (logic: readonly Rule[]) => store.edit((draft) => updateQuestion(draft, question.id, (old) => put(old, "logic", logic.length > 0 ? logic : undefined)));
  const broken = brokenRules(document, question);
  const replace = (at: number, rule: Rule) => set(rules.map((each, index) => (index === at ? rule : each)));
  return (
    <section aria-label="Logic" className="border-t border-line pt-4">
      <h3 className="text-sm font-semibold">What comes next</h3>
      <p className="mb-3 text-sm text-ink-3">{rules.length > 0 ? "The first rule that holds decides; else the next question follows." : "The next question follows. A rule can skip questions or end the survey."}</p>
      <ol className="flex flex-col gap-3">
        {rules.map((rule, at) => (
          <RuleCard
            key={at}
            at={at}
            rule={rule}
            question={question}
            pointer={`${pointer}/logic/${at}`}
            broken={broken.includes(at)}
            last={at === rules.length - 1}
            change={(next) => replace(at, next)}
            remove={() => set(rules.filter((_, index) => index !== at))}
            move={(by) => set(moved(rules, at, at + by))}
          />
        ))}
      </ol>
      <Button size="sm" className="mt-3" icon={<Plus size={14} aria-hidden />} onClick={() => set([...rules, newRule(question)])}>Add rule</Button>
    </section>
  );
}

type RuleProps = {
  at: number;
  rule: Rule;
  question: Question;
  pointer: string;
  broken: boolean;
  last: boolean;
  change: (rule: Rule) => void;
  remove: () => void;
  move: (by: 1 | -1) => void;
};

function RuleCard({ at, rule, question, pointer, broken, last, change, remove, move }: RuleProps) {
  const { document, errors } = useDraft();
  const conditions = conditionsOf(rule);
  const setConditions = (next: readonly Condition[]) => change(withConditions(rule, modeOf(rule), next));
  const detail = errorsAt(errors, pointer)[0]?.detail;
  const error = broken ? "This rule leads back, or asks about a later question or an option that is gone. Change or delete it." : detail && `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
  return (
    <li aria-label={`Rule ${at + 1}`} className="rounded-lg border border-line bg-surface p-3">
      <div className="mb-2 flex items-center gap-1">
        <span className="text-sm font-medium">If</span>
        {conditions.length > 1 && (
          <Select aria-label="How the conditions join" value={modeOf(rule)} onChange={(event) => change(withConditions(rule, event.target.value as "all" | "any", conditions))} className="ml-1 h-7! w-auto! py-0! text-sm!">
            <option value="all">all of these hold</option>
            <option value="any">any of these holds</option>
          </Select>
        )}
        <span className="ml-auto flex">
          <IconButton label={`Rule ${at + 1} earlier`} disabled={at === 0} onClick={() => move(-1)}><ArrowUp size={14} aria-hidden /></IconButton>
          <IconButton label={`Rule ${at + 1} later`} disabled={last} onClick={() => move(1)}><ArrowDown size={14} aria-hidden /></IconButton>
          <IconButton label={`Delete rule ${at + 1}`} onClick={remove}><Trash2 size={14} aria-hidden /></IconButton>
        </span>
      </div>
      <ul className="flex flex-col gap-2">
        {conditions.map((condition, index) => (
          <li key={index} className="flex items-start gap-1">
            <ConditionRow condition={condition} sources={sources(document, question.id)} change={(next) => setConditions(conditions.map((each, i) => (i === index ? next : each)))} />
            {conditions.length > 1 && <IconButton label={`Delete condition ${index + 1}`} onClick={() => setConditions(conditions.filter((_, i) => i !== index))}><X size={14} aria-hidden /></IconButton>}
          </li>
        ))}
      </ul>
      <Button size="sm" look="quiet" className="mt-1 -ml-2" icon={<Plus size={14} aria-hidden />} onClick={() => setConditions([...conditions, newCondition(question)])}>Condition</Button>
      <Then rule={rule} question={question} change={change} />
      {error && <p role="alert" className="mt-2 text-sm text-bad">{error}</p>}
    </li>
  );
}

function Then({ rule, question, change }: { rule: Rule; question: Question; change: (rule: Rule) => void }) {
  const { document } = useDraft();
  const id = useId();
  const target = "jump" in rule.then ? rule.then.jump : "";
  const possible = targets(document, question.id);
  const isKnown = target === "" || possible.some((each) => each.id === target);
  return (
    <div className="mt-2 flex items-center gap-2">
      <CornerDownRight size={14} aria-hidden className="shrink-0 text-ink-3" />
      <label htmlFor={id} className="text-sm font-medium">then</label>
      <Select id={id} value={target} onChange={(event) => change({ ...rule, then: event.target.value ? { jump: event.target.value } : { end: true } })} className="flex-1">
        <option value="">end the survey</option>
        {!isKnown && <option value={target}>{`go to ${titleOf(document, target)} (not possible)`}</option>}
        {possible.map((each) => <option key={each.id} value={each.id}>{`go to ${document.questions.indexOf(each) + 1}. ${titleOf(document, each.id)}`}</option>)}
      </Select>
    </div>
  );
}
