import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useMatch } from "@tanstack/react-router";
import { ChevronDown, GitCompare, History } from "lucide-react";
import type { Survey } from "../../api/contract.ts";
import { ApiError } from "../../api/http.ts";
import { queryClient } from "../../api/query.ts";
import { useWorkspace } from "../../app/workspace.tsx";
import { Button, buttonClass, Dialog, Load, Menu, MenuItem, Skeleton, Time, toast, toastError } from "../../ui/index.ts";
import { STEP_DONE, type Step, surveyQuery, takeStep, versionQuery } from "../api.ts";
import { compare, type Part } from "../model/diff.ts";
import { asDocument } from "../model/document.ts";
import { launchRoute, surveyRoute } from "../routes.tsx";
import { useDraft, useGo, useOpen } from "./context.tsx";

/** Publish, pause and so on: first the draft is saved, so that what is published is what is on screen. */
export function useStep() {
  const workspace = useWorkspace().id;
  const { store, survey } = useOpen();
  return useMutation({
    mutationFn: async (step: Step) => {
      if (!(await store.flush())) throw new Error("The draft is not saved yet. Try again when it is.");
      return takeStep(workspace, survey.id, step);
    },
    onSuccess: (next: Survey, step) => {
      queryClient.setQueryData(surveyQuery(workspace, survey.id).queryKey, next);
      toast(STEP_DONE[step]);
    },
    onError: (error) => toastError(error instanceof ApiError && error.status === 422 ? new Error("Something is missing: see the marks in the survey.") : error),
  });
}

export function useChanges(): readonly Part[] | null {
  const { survey } = useOpen();
  const { document } = useDraft();
  return survey.published && compare(asDocument(survey.published.document), document);
}

export function VersionActions() {
  const { survey } = useOpen();
  const isLaunching = useMatch({ from: launchRoute.id, shouldThrow: false }) !== undefined;
  const { dialog } = surveyRoute.useSearch();
  const go = useGo();
  const step = useStep();
  const changes = useChanges();
  const differs = changes === null || changes.length > 0;
  return (
    <div className="flex items-center gap-2">
      {survey.versions.length > 0 && (
        <Menu trigger={<Button size="sm">{`Version ${survey.published?.version ?? survey.versions.length}`}<ChevronDown size={14} aria-hidden /></Button>}>
          <MenuItem icon={<GitCompare size={14} aria-hidden />} onSelect={() => go({ dialog: "changes" }, false)}>Changes since then</MenuItem>
          <MenuItem icon={<History size={14} aria-hidden />} onSelect={() => go({ dialog: "versions" }, false)}>All versions</MenuItem>
        </Menu>
      )}
      {survey.status === "draft" && !isLaunching && <Link to="/surveys/$surveyId/launch" params={{ surveyId: survey.id }} className={buttonClass("primary", "sm")}>Launch…</Link>}
      {survey.published && survey.status !== "ended" && (
        <Button size="sm" look="primary" disabled={!differs} busy={step.isPending} onClick={() => step.mutate("publish")} title={differs ? undefined : "The draft is what users see."}>
          {differs ? "Publish changes" : "Published"}
        </Button>
      )}
      {dialog === "changes" && <ChangesDialog changes={changes ?? []} close={() => go({ dialog: undefined })} />}
      {dialog === "versions" && <VersionsDialog close={() => go({ dialog: undefined })} />}
    </div>
  );
}

function ChangesDialog({ changes, close }: { changes: readonly Part[]; close: () => void }) {
  const { survey } = useOpen();
  return (
    <Dialog open wide onOpenChange={close} title="Changes" description={`The draft compared with version ${survey.published?.version ?? 0}, which users see now.`}>
      <ChangeList changes={changes} none="The draft is exactly what users see." />
    </Dialog>
  );
}

const KINDS = { added: ["Added", "text-good"], removed: ["Removed", "text-bad"], changed: ["Changed", "text-ink-3"] } as const;

export function ChangeList({ changes, none }: { changes: readonly Part[]; none: string }) {
  if (changes.length === 0) return <p className="text-ink-2">{none}</p>;
  return (
    <ul className="flex flex-col gap-4">
      {changes.map((part) => (
        <li key={`${part.kind} ${part.title}`}>
          <h3 className="font-medium wrap-anywhere"><span className={`mr-2 text-sm ${KINDS[part.kind][1]}`}>{KINDS[part.kind][0]}</span>{part.title}</h3>
          {part.changes.length > 0 && (
            <dl className="mt-1 flex flex-col gap-1.5 border-l-2 border-line pl-3">
              {part.changes.map((change) => (
                <div key={change.what} className="grid gap-x-3 sm:grid-cols-[11rem_1fr]">
                  <dt className="text-sm text-ink-3 wrap-anywhere">{change.what}</dt>
                  <dd className="min-w-0 text-sm wrap-anywhere">
                    {change.before && <del className="mr-2 rounded-sm bg-bad-soft px-1 text-bad">{change.before}</del>}
                    {change.after && <ins className="rounded-sm bg-good-soft px-1 text-good no-underline">{change.after}</ins>}
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </li>
      ))}
    </ul>
  );
}

function VersionsDialog({ close }: { close: () => void }) {
  const { survey } = useOpen();
  const versions = survey.versions.toSorted((a, b) => b.version - a.version);
  return (
    <Dialog open wide onOpenChange={close} title="Versions" description="A response names the version it answered. Restoring brings the content back as a draft; undo takes that back.">
      <ul className="flex flex-col divide-y divide-line">
        {versions.map(({ version, published_at: at }) => <VersionRow key={version} version={version} at={at} close={close} />)}
      </ul>
    </Dialog>
  );
}

function VersionRow({ version, at, close }: { version: number; at: string; close: () => void }) {
  const workspace = useWorkspace().id;
  const { survey, store } = useOpen();
  const query = versionQuery(workspace, survey.id, version);
  const previous = useQuery({ ...versionQuery(workspace, survey.id, version - 1), enabled: version > 1 });
  const now = useQuery(query);
  const restore = useMutation({
    mutationFn: () => queryClient.fetchQuery(query),
    onSuccess: ({ document }) => {
      const before = store.document;
      store.edit(() => asDocument(document));
      const restored = store.document;
      close();
      toast(`Version ${version} is the draft now.`, { label: "Undo", run: () => store.takeBack(restored, () => before) });
    },
    onError: (error) => toastError(error),
  });
  return (
    <li className="flex flex-wrap items-start gap-3 py-3">
      <div className="min-w-0 flex-1">
        <p className="font-medium">Version {version} <span className="ml-1 text-sm font-normal text-ink-3"><Time at={at} /></span></p>
        {version > 1 && (
          <details className="mt-1">
            <summary className="text-sm text-ink-2">Changes from version {version - 1}</summary>
            <div className="pt-2">
              <Load query={now} skeleton={<Skeleton />}>
                {(after) => <ChangeList changes={previous.data ? compare(asDocument(previous.data.document), asDocument(after.document)) : []} none="No change to the content." />}
              </Load>
            </div>
          </details>
        )}
      </div>
      <Button size="sm" busy={restore.isPending} onClick={() => restore.mutate()}>Restore as draft</Button>
    </li>
  );
}
