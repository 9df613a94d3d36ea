import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useBlocker, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { authState } from "../api/auth.ts";
import type { Settings } from "../api/contract.ts";
import { ApiError, messageOf } from "../api/http.ts";
import { saveSettings, settings } from "../api/settings.ts";
import { SETTINGS_TABS } from "../app/search.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { GeneralSettings } from "../settings/general.tsx";
import { SecuritySettings } from "../settings/security.tsx";
import { ThemeSettings } from "../settings/theme.tsx";
import { Button, Callout, Dialog, Load, Page, Tabs, toast, toastError } from "../ui/index.ts";

const route = getRouteApi("/workspace/settings");
const LABELS = { general: "General", theme: "Survey theme", security: "Security and data" };

export function SettingsPage() {
  const { id: w } = useWorkspace();
  const query = useQuery(settings(w));
  return (
    <Page title="Settings" lead="They hold for this workspace and reach sites within seconds.">
      <Load query={query}>{(saved) => <Form key={w} w={w} saved={saved} />}</Load>
    </Page>
  );
}

function Form({ w, saved }: { w: string; saved: Settings }) {
  const { tab = "general" } = route.useSearch();
  const navigate = route.useNavigate();
  const router = useRouter();
  const client = useQueryClient();
  const [draft, setDraft] = useState(saved);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const dirty = JSON.stringify(draft) !== JSON.stringify(saved);
  const broken = Object.values(problems).some(Boolean);
  const blocker = useBlocker({ shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname, enableBeforeUnload: dirty, withResolver: true });

  const save = useMutation({
    mutationFn: () => saveSettings(w, draft),
    onSuccess: async () => {
      client.setQueryData(settings(w).queryKey, draft);
      await client.invalidateQueries({ queryKey: settings(w).queryKey });
      if (draft.name !== saved.name) {
        await client.fetchQuery({ ...authState, staleTime: 0 });
        await router.invalidate();
      }
      // What a shorter retention has deleted does not come back, so that is not offered.
      const undoable = draft.response_retention_days === saved.response_retention_days && draft.name === saved.name;
      toast("Settings saved.", undoable ? { label: "Undo", run: () => undo.mutate(saved) } : undefined);
    },
  });
  const undo = useMutation({
    mutationFn: (before: Settings) => saveSettings(w, before),
    onSuccess: (_answer, before) => {
      setDraft(before);
      client.setQueryData(settings(w).queryKey, before);
    },
    onError: (error) => toastError(error, "It was not undone."),
  });
  const change = (part: Partial<Settings>) => setDraft((old) => ({ ...old, ...part }));
  const report = (field: string, problem: string | null) => setProblems((old) => ({ ...old, [field]: problem ?? "" }));
  const errors = save.error instanceof ApiError ? (save.error.problem.errors ?? []) : [];
  const parts = { draft, change, report, problems };

  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
      <Tabs label="Part" value={tab} onChange={(next) => void navigate({ search: (old) => ({ ...old, tab: next === "general" ? undefined : next }), replace: true })} tabs={SETTINGS_TABS.map((value) => ({ value, label: LABELS[value] }))}>
        {tab === "general" && <GeneralSettings {...parts} />}
        {tab === "theme" && <ThemeSettings {...parts} />}
        {tab === "security" && <SecuritySettings {...parts} />}
      </Tabs>
      {save.error && (
        <div className="mt-4" role="alert">
          <Callout tone="bad">
            {messageOf(save.error)}
            {errors.length > 0 && <ul className="mt-1 list-disc pl-5">{errors.map((error) => <li key={error.pointer}>{error.pointer}: {error.detail}</li>)}</ul>}
          </Callout>
        </div>
      )}
      <div className="sticky bottom-0 -mx-1 mt-4 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-page px-1 py-3">
        <p className="mr-auto text-sm text-ink-2" aria-live="polite">{dirty ? "Not saved yet" : "All saved"}</p>
        <Button disabled={!dirty} onClick={() => { setDraft(saved); setProblems({}); save.reset(); }}>Discard</Button>
        <Button look="primary" type="submit" disabled={!dirty || broken} busy={save.isPending}>Save settings</Button>
      </div>
      {blocker.status === "blocked" && (
        <Dialog open onOpenChange={blocker.reset} title="Leave without saving?" footer={<><Button onClick={blocker.proceed}>Leave</Button><Button look="primary" onClick={blocker.reset}>Stay</Button></>}>
          Your changes to the settings are not saved yet.
        </Dialog>
      )}
    </form>
  );
}
