import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useBlocker } from "@tanstack/react-router";
import { Redo2, Undo2 } from "lucide-react";
import { Suspense, useEffect, useState } from "react";
import { useWorkspace } from "../../app/workspace.tsx";
import { IconButton, Skeleton } from "../../ui/index.ts";
import { surveyQuery } from "../api.ts";
import { SurveyTabs } from "../parts/tabs.tsx";
import { StatusBadge } from "../parts/status.tsx";
import { surveyRoute } from "../routes.tsx";
import { OpenDraft, useDraft, useEdit, useOpen } from "./context.tsx";
import { Conflict, SaveStatus } from "./save-status.tsx";
import { DraftStore } from "./store.ts";
import { useUndoKeys } from "./undo-keys.ts";
import { VersionActions } from "./versions.tsx";

export function SurveyFrame() {
  const { surveyId } = surveyRoute.useParams();
  return (
    <Suspense fallback={<FrameBones />}>
      <OpenSurvey key={surveyId} surveyId={surveyId} />
    </Suspense>
  );
}

function OpenSurvey({ surveyId }: { surveyId: string }) {
  const workspace = useWorkspace().id;
  const { data: survey } = useSuspenseQuery(surveyQuery(workspace, surveyId));
  const [store] = useState(() => new DraftStore(workspace, survey));
  useEffect(() => store.follow(survey), [store, survey]);
  useKeptOnLeave(store);
  return (
    <OpenDraft value={{ store, survey }}>
      <Header />
      <Outlet />
    </OpenDraft>
  );
}

/** Nothing typed is lost by leaving: the draft is saved first, and the browser asks if that did not work yet. */
function useKeptOnLeave(store: DraftStore): void {
  useBlocker({
    shouldBlockFn: async ({ current, next }) => {
      const base = `/surveys/${(current.params as { surveyId?: string }).surveyId}`;
      if (next.pathname.startsWith(base) && !next.pathname.endsWith("/results")) return false;
      return store.isDirty && !(await store.flush()) && !window.confirm("Your last changes are not saved. Leave anyway?");
    },
    enableBeforeUnload: () => store.isDirty,
  });
  useEffect(() => {
    const save = () => void (document.hidden && store.isDirty && store.flush());
    document.addEventListener("visibilitychange", save);
    return () => document.removeEventListener("visibilitychange", save);
  }, [store]);
}

function Header() {
  const { survey } = useOpen();
  const { document: draft, history, store } = useDraft();
  useUndoKeys(store);
  useEffect(() => {
    document.title = `${draft.name || "Untitled survey"} · Sonde`;
  }, [draft.name]);
  return (
    <header className="border-b border-line bg-surface px-4 pt-3 md:px-6">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Link to="/surveys" className="rounded-sm text-sm text-ink-2 underline-offset-2 hover:underline">Surveys</Link>
        <span aria-hidden className="text-ink-3">/</span>
        <h1 className="min-w-0 flex-1 basis-48"><Name /></h1>
        <StatusBadge status={survey.status} />
        <SaveStatus />
        <div className="flex items-center">
          <IconButton label="Undo (Ctrl+Z)" disabled={history.past.length === 0} onClick={() => store.undo()}><Undo2 size={16} aria-hidden /></IconButton>
          <IconButton label="Redo (Ctrl+Shift+Z)" disabled={history.future.length === 0} onClick={() => store.redo()}><Redo2 size={16} aria-hidden /></IconButton>
        </div>
        <VersionActions />
      </div>
      <SurveyTabs surveyId={survey.id} />
      <Conflict />
    </header>
  );
}

function Name() {
  const { document: draft } = useDraft();
  const edit = useEdit();
  return (
    <input
      aria-label="Survey name"
      value={draft.name}
      placeholder="Untitled survey"
      maxLength={200}
      title={draft.name}
      onChange={(event) => edit((document) => ({ ...document, name: event.target.value }), "/name")}
      className="w-full min-w-0 truncate rounded-md border border-transparent bg-transparent px-1.5 py-0.5 text-lg font-semibold hover:border-line-strong/60 focus:border-line-strong"
    />
  );
}

function FrameBones() {
  return (
    <div role="status" aria-label="Loading the survey" className="flex flex-col gap-4 px-4 py-4 md:px-6">
      <Skeleton className="h-8 w-72" />
      <Skeleton className="w-48" />
      <div className="grid gap-4 lg:grid-cols-[15rem_1fr_24rem]">
        <Skeleton className="h-72" />
        <Skeleton className="h-96" />
        <Skeleton className="h-96" />
      </div>
    </div>
  );
}
