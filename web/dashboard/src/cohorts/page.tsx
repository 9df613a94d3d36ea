import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useBlocker, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, Trash2 } from "lucide-react";
import { useState } from "react";
import { cohort, type CohortBody, createCohort, deleteCohort, saveCohort } from "../api/cohorts.ts";
import type { Cohort } from "../api/contract.ts";
import { ApiError, messageOf } from "../api/http.ts";
import { ConditionBuilder } from "../audience/builder.tsx";
import type { Node } from "../audience/model.ts";
import { useNames, useSuggestions } from "../audience/suggestions.ts";
import { conditionsInWords } from "../audience/words.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { errorAt } from "../surveys/model/pointers.ts";
import { Button, Callout, Card, Dialog, Field, Input, Load, Page, Textarea, toast } from "../ui/index.ts";

const route = getRouteApi("/workspace/cohorts/$cohortId");
const BACK = <Link to="/cohorts" className="inline-flex items-center gap-1 text-ink-2 hover:text-ink"><ArrowLeft size={14} aria-hidden /> Cohorts</Link>;

export function NewCohortPage() {
  return <Page title="New cohort" back={BACK}><Editor saved={null} /></Page>;
}

export function CohortPage() {
  const { cohortId } = route.useParams();
  const query = useQuery(cohort(useWorkspace().id, cohortId));
  return (
    <Page title={query.data?.name ?? "Cohort"} back={BACK}>
      <Load query={query} title="This cohort could not be loaded">{(saved) => <Editor key={saved.updated_at} saved={saved} />}</Load>
    </Page>
  );
}

type Draft = { name: string; description: string; condition: Node | undefined };
const EMPTY: Draft = { name: "", description: "", condition: undefined };

function Editor({ saved }: { saved: Cohort | null }) {
  const w = useWorkspace().id;
  const navigate = useNavigate();
  const before: Draft = saved ? { name: saved.name, description: saved.description, condition: saved.condition } : EMPTY;
  const [draft, setDraft] = useState(before);
  const [deleting, setDeleting] = useState(false);
  const suggestions = useSuggestions(false);
  const names = useNames(draft.condition);
  const { condition } = draft;
  const isDirty = JSON.stringify(draft) !== JSON.stringify(before);
  const blocker = useBlocker({ shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname, enableBeforeUnload: isDirty, withResolver: true });
  const save = useMutation({
    mutationFn: (body: CohortBody) => (saved ? saveCohort(w, saved.id, body) : createCohort(w, body)),
    onSuccess: async () => {
      await navigate({ to: "/cohorts", ignoreBlocker: true });
      toast(saved ? "Cohort saved. It holds within seconds." : "Cohort created. Choose it in a survey's audience.");
    },
  });
  const errors = save.error instanceof ApiError ? (save.error.problem.errors ?? []) : [];
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));
  const name = draft.name.trim();
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (condition) save.mutate({ name, description: draft.description.trim(), condition });
      }}
    >
      <Card>
        <div className="flex flex-col gap-4">
          <Field label="Name" error={errorAt(errors, "/name") ?? null}><Input value={draft.name} onChange={(event) => change({ name: event.target.value })} maxLength={200} required autoFocus={!saved} className="max-w-md" /></Field>
          <Field label="Description" hint="Optional: for your colleagues."><Textarea value={draft.description} onChange={(event) => change({ description: event.target.value })} rows={2} maxLength={2000} className="min-h-0 max-w-xl" /></Field>
        </div>
      </Card>
      <Card title="Who is in it">
        <ConditionBuilder node={condition} suggestions={suggestions} change={(next) => change({ condition: next })} errorAt={(path) => errorAt(errors, `/condition${path}`)} />
        <p className="mt-4 border-t border-line pt-3 text-ink-2 wrap-anywhere" aria-live="polite">{condition ? `Users ${conditionsInWords(condition, names)}.` : "Add a condition first: a cohort of everybody is no cohort."}</p>
      </Card>
      {saved && <UsedBy saved={saved} />}
      {save.error && <Callout tone="bad"><span role="alert">{messageOf(save.error)}</span></Callout>}
      <div className="sticky bottom-0 -mx-1 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-page px-1 py-3">
        {saved && <Button look="danger" className="mr-auto" icon={<Trash2 size={14} aria-hidden />} onClick={() => setDeleting(true)}>Delete…</Button>}
        <Button look="primary" type="submit" disabled={!name || !condition || (saved !== null && !isDirty)} busy={save.isPending}>{saved ? "Save cohort" : "Create cohort"}</Button>
      </div>
      {deleting && saved && <DeleteCohort w={w} saved={saved} close={() => setDeleting(false)} />}
      {blocker.status === "blocked" && (
        <Dialog open onOpenChange={blocker.reset} title="Leave without saving?" footer={<><Button onClick={blocker.proceed}>Leave</Button><Button look="primary" onClick={blocker.reset}>Stay</Button></>}>
          Your changes to the cohort are not saved yet.
        </Dialog>
      )}
    </form>
  );
}

function UsedBy({ saved }: { saved: Cohort }) {
  return (
    <Card title="Used by">
      {saved.used_by.length === 0 ? (
        <p className="text-ink-2">No survey. Choose it in a survey under Configure &amp; Launch, For whom.</p>
      ) : (
        <ul className="flex flex-col gap-1">
          {saved.used_by.map(({ id, name }) => (
            <li key={id}><Link to="/surveys/$surveyId/launch" params={{ surveyId: id }} className="text-accent underline underline-offset-2 wrap-anywhere">{name}</Link></li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** It cannot be undone, so it asks; while a survey needs it the server says which. */
function DeleteCohort({ w, saved, close }: { w: string; saved: Cohort; close: () => void }) {
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => deleteCohort(w, saved.id),
    onSuccess: async () => {
      close();
      await navigate({ to: "/cohorts", ignoreBlocker: true });
      toast(`${saved.name} is deleted.`);
    },
  });
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`Delete “${saved.name}”?`}
      description="It cannot come back. The users and their answers stay."
      footer={<><Button onClick={close}>Keep it</Button><Button look="danger" busy={remove.isPending} onClick={() => remove.mutate()}>Delete cohort</Button></>}
    >
      {remove.error && <Callout tone="bad"><span role="alert">{messageOf(remove.error)}</span></Callout>}
    </Dialog>
  );
}
