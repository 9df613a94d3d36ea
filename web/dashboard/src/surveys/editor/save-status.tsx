import { useMutation } from "@tanstack/react-query";
import { CloudAlert, CloudCheck, CloudOff, CloudUpload } from "lucide-react";
import { useWorkspace } from "../../app/workspace.tsx";
import { queryClient } from "../../api/query.ts";
import { Button, Callout, toastError } from "../../ui/index.ts";
import { surveyQuery } from "../api.ts";
import type { SaveState } from "../model/autosave.ts";
import { useDraft, useOpen } from "./context.tsx";

function look(state: SaveState) {
  switch (state.kind) {
    case "saved":
      return { icon: CloudCheck, text: "Saved", tone: "text-ink-3" };
    case "waiting":
    case "saving":
      return { icon: CloudUpload, text: "Saving…", tone: "text-ink-3" };
    case "offline":
      return { icon: CloudOff, text: "Offline: will save later", tone: "text-warn" };
    case "conflict":
      return { icon: CloudAlert, text: "Not saved", tone: "text-bad" };
    case "failed":
      return { icon: CloudAlert, text: `Not saved: ${state.message}`, tone: "text-bad" };
  }
}

export function SaveStatus() {
  const { save, store } = useDraft();
  const { icon: Icon, text, tone } = look(save);
  return (
    <span className={`flex items-center gap-1.5 text-sm ${tone}`}>
      <Icon size={15} aria-hidden className="shrink-0" />
      <span role="status" className="max-w-56 truncate sm:min-w-16" title={text}>{text}</span>
      {(save.kind === "offline" || save.kind === "failed") && <Button size="sm" onClick={() => void store.flush()}>Try now</Button>}
    </span>
  );
}

/** Somebody else saved in between: nothing is overwritten unasked. */
export function Conflict() {
  const workspace = useWorkspace().id;
  const { survey } = useOpen();
  const { save, store } = useDraft();
  const settle = useMutation({
    mutationFn: async (keep: "mine" | "theirs") => {
      const theirs = await queryClient.fetchQuery({ ...surveyQuery(workspace, survey.id), staleTime: 0 });
      if (keep === "theirs") store.load(theirs);
      else await store.overwrite(theirs.draft_revision);
    },
    onError: (error) => toastError(error),
  });
  if (save.kind !== "conflict") return null;
  return (
    <div role="alert" className="py-2">
      <Callout
        tone="warn"
        actions={
          <div className="flex flex-wrap gap-2">
            <Button size="sm" busy={settle.isPending} onClick={() => settle.mutate("theirs")}>Load the other version</Button>
            <Button size="sm" busy={settle.isPending} onClick={() => settle.mutate("mine")}>Keep mine</Button>
          </div>
        }
      >
        This survey was changed somewhere else while you edited it. Loading the other version can be undone.
      </Callout>
    </div>
  );
}
