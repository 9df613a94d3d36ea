import { useId, useState } from "react";
import type { ConditionSource, FilterCondition, Json, Operator, QuestionResult, Results } from "../api/contract.ts";
import { DISPLAY_PATHS, guessType, OPERATORS, operatorsFor, SOURCES, STATES, typed, type ValueType } from "../lib/filter.ts";
import { Button, Field, Input, Select } from "../ui/index.ts";

type Props = { results: Results; onAdd: (condition: FilterCondition) => void };

function kindOf(question: QuestionResult | undefined): "choices" | "number" | "text" | undefined {
  if (!question) return undefined;
  if (question.choices) return "choices";
  return question.nps || question.scale ? "number" : "text";
}

export function ConditionForm({ results, onAdd }: Props) {
  const keys = useId();
  const [source, setSource] = useState<ConditionSource>("answer");
  const [path, setPath] = useState(results.questions[0]?.id ?? "");
  const [op, setOp] = useState<Operator | null>(null);
  const [text, setText] = useState("");
  const [type, setType] = useState<ValueType | null>(null);

  const question = source === "answer" ? results.questions.find((each) => each.id === path) : undefined;
  const kind = kindOf(question);
  const operators = operatorsFor(source, kind);
  const chosen = op && operators.includes(op) ? op : (operators[0] as Operator);
  const isProperty = source === "event" || source === "trigger" || source === "user";
  const valueless = chosen === "exists" || chosen === "not_exists";
  const onlyText = chosen === "starts_with" || chosen === "ends_with";
  const as: ValueType = kind === "number" ? "number" : isProperty && !onlyText ? (type ?? guessType(text)) : "text";
  const value: Json | undefined =
    chosen === "in" ? list(text, isProperty ? type : "text") : typed(kind === "choices" ? text || (question?.choices?.[0]?.id ?? "") : source === "display" && path === "state" && !text ? (STATES[0] as string) : text, as);
  const complete = path !== "" && (valueless || value !== undefined);

  function choose(next: ConditionSource) {
    setSource(next);
    setPath(next === "answer" ? (results.questions[0]?.id ?? "") : next === "display" ? "state" : (results.property_keys[next][0] ?? ""));
    setText("");
    setType(null);
  }

  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (complete) onAdd({ source, path, op: chosen, ...(!valueless && value !== undefined && { value }) });
      }}
    >
      <Field label="By">
        <Select value={source} onChange={(event) => choose(event.target.value as ConditionSource)}>
          {Object.entries(SOURCES).map(([id, label]) => <option key={id} value={id}>{label}</option>)}
        </Select>
      </Field>
      <Field label={source === "answer" ? "Question" : source === "display" ? "Field" : "Property"}>
        {isProperty ? (
          <Input list={keys} value={path} onChange={(event) => setPath(event.target.value.trim())} placeholder="author.name" required autoComplete="off" />
        ) : (
          <Select value={path} onChange={(event) => { setPath(event.target.value); setText(""); }}>
            {source === "answer"
              ? results.questions.map((each) => <option key={each.id} value={each.id}>{each.title}</option>)
              : DISPLAY_PATHS.map((each) => <option key={each} value={each}>{each.replace("_", " ")}</option>)}
          </Select>
        )}
      </Field>
      {isProperty && <datalist id={keys}>{results.property_keys[source].map((key) => <option key={key} value={key} />)}</datalist>}
      <Field label="Condition">
        <Select value={chosen} onChange={(event) => setOp(event.target.value as Operator)}>
          {operators.map((each) => <option key={each} value={each}>{OPERATORS[each]}</option>)}
        </Select>
      </Field>
      {!valueless && (
        <div className="flex items-end gap-2">
          <Field label="Value" className="min-w-0 flex-1" hint={chosen === "in" ? "Several, parted by commas." : undefined}>
            {kind === "choices" ? (
              <Select value={text} onChange={(event) => setText(event.target.value)}>{question?.choices?.map((choice) => <option key={choice.id} value={choice.id}>{choice.label}</option>)}</Select>
            ) : source === "display" && path === "state" && chosen !== "in" ? (
              <Select value={text} onChange={(event) => setText(event.target.value)}>{STATES.map((state) => <option key={state}>{state}</option>)}</Select>
            ) : (
              <Input value={text} inputMode={as === "number" ? "decimal" : undefined} onChange={(event) => setText(event.target.value)} required />
            )}
          </Field>
          {isProperty && !onlyText && (
            <Field label="As" className="w-28">
              <Select value={as} onChange={(event) => setType(event.target.value as ValueType)}>
                <option value="text">text</option>
                <option value="number">number</option>
                <option value="boolean">yes or no</option>
              </Select>
            </Field>
          )}
        </div>
      )}
      <Button look="primary" type="submit" disabled={!complete}>Add filter</Button>
    </form>
  );
}

/** "a, b" as a list; each part of the chosen type, or of the one it looks like. */
function list(text: string, type: ValueType | null): Json | undefined {
  const values = text.split(",").map((part) => typed(part, type ?? guessType(part)));
  return values.every((value) => value !== undefined) ? values : undefined;
}
