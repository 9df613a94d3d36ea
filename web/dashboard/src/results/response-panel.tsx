import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import type { JsonObject, QuestionResult, ResponseRow } from "../api/contract.ts";
import { deleteResponse, response, resultsKey } from "../api/results.ts";
import { answerText, userOf } from "../lib/columns.ts";
import { deleteWithUndo } from "../lib/deferred.ts";
import { flatten, show } from "../lib/json.ts";
import { duration } from "../lib/time.ts";
import { Badge, Button, CopyButton, Dialog, Facts, Load, Time } from "../ui/index.ts";
import { UserLink } from "../users/link.tsx";
import { STATE_TONES } from "./states.ts";

type Props = { w: string; surveyId: string; id: string; questions: QuestionResult[]; onClose: () => void };

export function ResponsePanel({ w, surveyId, id, questions, onClose }: Props) {
  const client = useQueryClient();
  const query = useQuery(response(w, surveyId, id));

  function remove() {
    onClose();
    deleteWithUndo(id, "Response deleted.", () => deleteResponse(w, surveyId, id), () => void client.invalidateQueries({ queryKey: [...resultsKey(w, surveyId), "summary"] }));
  }

  return (
    <Dialog
      kind="panel"
      open
      onOpenChange={onClose}
      title={query.data ? userOf(query.data) || "Response" : "Response"}
      description={id}
      footer={<Button look="danger" icon={<Trash2 size={14} aria-hidden />} onClick={remove}>Delete response</Button>}
    >
      <Load query={query} title="This response could not be loaded">{(row) => <Detail row={row} questions={questions} />}</Load>
    </Dialog>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-1.5 font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Properties({ title, name, object }: { title: string; name: string; object: JsonObject | null | undefined }) {
  const leaves = flatten(object);
  if (leaves.length === 0) return null;
  return (
    <Part title={title}>
      <Facts items={leaves.map(([path, value]) => [<code key={path} className="font-mono text-sm wrap-anywhere">{name}.{path}</code>, show(value) || "–"])} />
    </Part>
  );
}

/** Whoever answered has a page of their own, unless they were erased since. */
function WhoseRow({ row }: { row: ResponseRow }) {
  const id = row.user_id ?? row.anonymous_id;
  if (!id) return <span className="text-ink-3">erased</span>;
  return <>{!row.user_id && "anonymous "}<UserLink id={id} namespace={row.user_id ? "identified" : "anonymous"} className="text-accent underline" /></>;
}

function Detail({ row, questions }: { row: ResponseRow; questions: QuestionResult[] }) {
  const known = new Set(questions.map((question) => question.id));
  const others = Object.keys(row.answers).filter((id) => !known.has(id));
  const answered = [...questions.filter((question) => row.answers[question.id]), ...others.map((id) => ({ id, title: id, choices: undefined }))];
  return (
    <div className="flex flex-col gap-6">
      <Part title="Answers">
        {answered.length === 0 ? (
          <p className="text-ink-2">None.</p>
        ) : (
          <dl className="flex flex-col gap-3">
            {answered.map((question) => (
              <div key={question.id}>
                <dt className="text-sm text-ink-3 wrap-anywhere">{question.title}</dt>
                <dd className="font-medium whitespace-pre-line wrap-anywhere">{answerText(row.answers[question.id], question)}</dd>
              </div>
            ))}
          </dl>
        )}
      </Part>
      <Part title="Display">
        <Facts
          items={[
            ["State", <Badge key="state" tone={STATE_TONES[row.state] ?? "neutral"}>{row.state}</Badge>],
            ["User", <span key="user" className="flex items-center gap-2"><WhoseRow row={row} /><CopyButton text={row.user_id ?? row.anonymous_id ?? ""} /></span>],
            ["Shown", <Time key="shown" at={row.shown_at} />],
            ["Completed", <Time key="completed" at={row.completed_at} never="not completed" />],
            ["Time taken", row.duration_ms === null ? "–" : duration(row.duration_ms / 1000)],
            ["Survey version", row.survey_version],
            ["Platform", row.platform],
            ["Language", row.locale],
            ["Frontend trigger", row.trigger_name],
          ]}
        />
      </Part>
      {row.activated_by && (
        <Part title="Activating event">
          <Facts items={[["Backend trigger", row.activated_by.event_name], ["Event id", <code key="id" className="font-mono text-sm wrap-anywhere">{row.activated_by.event_id}</code>], ["Occurred", <Time key="at" at={row.activated_by.occurred_at} />]]} />
        </Part>
      )}
      <Properties title="Event properties" name="event" object={row.event} />
      <Properties title="Trigger properties" name="trigger" object={row.trigger} />
      <Properties title="User attributes" name="user" object={row.user} />
    </div>
  );
}
