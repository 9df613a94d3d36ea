import { useMutation } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { ChevronsUpDown, Plus } from "lucide-react";
import { useState } from "react";
import { createWorkspace } from "../api/auth.ts";
import { messageOf } from "../api/http.ts";
import { Button, Dialog, Field, Input, Menu, MenuChoice, MenuItem, MenuLabel, MenuLine, MenuOption, toast } from "../ui/index.ts";
import { useAuth, useWorkspace } from "./workspace.tsx";

export function WorkspaceSwitcher() {
  const { workspaces } = useAuth();
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Menu
        align="start"
        trigger={
          <button type="button" title={workspace.name} className="flex h-9 w-full items-center gap-2 rounded-md border border-line px-2.5 text-left font-medium hover:bg-hover">
            <span className="sr-only">Workspace: </span>
            <span className="min-w-0 flex-1 truncate">{workspace.name}</span>
            <ChevronsUpDown size={14} className="shrink-0 text-ink-3" aria-hidden />
          </button>
        }
      >
        <MenuLabel>Workspaces</MenuLabel>
        <MenuChoice value={workspace.id} onValueChange={(w) => void navigate({ to: "/", search: { w } })}>
          {workspaces.map((each) => <MenuOption key={each.id} value={each.id}>{each.name}</MenuOption>)}
        </MenuChoice>
        <MenuLine />
        <MenuItem icon={<Plus size={14} aria-hidden />} onSelect={() => setCreating(true)}>New workspace</MenuItem>
      </Menu>
      {creating && <CreateWorkspace onClose={() => setCreating(false)} />}
    </>
  );
}

function CreateWorkspace({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: createWorkspace,
    onSuccess: async (workspace) => {
      onClose();
      await router.navigate({ to: "/", search: { w: workspace.id } });
      await router.invalidate();
      toast(`${workspace.name} is ready.`);
    },
  });
  return (
    <Dialog open onOpenChange={onClose} title="New workspace" description="One workspace is one product: its own keys, triggers, surveys and responses.">
      <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); create.mutate(name.trim()); }}>
        <Field label="Name" error={create.error && messageOf(create.error)}>
          <Input value={name} onChange={(event) => setName(event.target.value)} required maxLength={100} autoFocus />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={create.isPending} disabled={!name.trim()}>Create workspace</Button>
        </div>
      </form>
    </Dialog>
  );
}
