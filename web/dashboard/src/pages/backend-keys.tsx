import { useMutation, useQueryClient } from "@tanstack/react-query";
import { KeyRound, RotateCw } from "lucide-react";
import { useState } from "react";
import { connections, revokeBackendKey } from "../api/connections.ts";
import type { BackendKey, NewBackendKey } from "../api/contract.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { Button, Callout, CopyValue, Dialog, Table, Td, Th, Time, toast, toastError } from "../ui/index.ts";

type Props = { keys: BackendKey[]; fresh: NewBackendKey | null; onDone: () => void; onCreate: () => void; creating: boolean };

export function BackendKeys({ keys, fresh, onDone, onCreate, creating }: Props) {
  const [revoking, setRevoking] = useState<BackendKey | null>(null);
  const full = keys.length >= 2;
  return (
    <div className="flex flex-col gap-3">
      {fresh && (
        <div className="flex flex-col gap-2 rounded-lg border border-accent bg-accent-soft p-3" role="status">
          <CopyValue label="Your new key" value={fresh.key} />
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p className="text-sm text-ink-2">Copy it now: it is stored hashed and never shown again.</p>
            <Button size="sm" onClick={onDone}>I have copied it</Button>
          </div>
        </div>
      )}
      <div className="flex flex-wrap items-end justify-between gap-2">
        <h3 className="font-semibold">Keys</h3>
        <Button size="sm" icon={<RotateCw size={14} aria-hidden />} busy={creating} disabled={full} title={full ? "Two keys are live already. Revoke one first." : undefined} onClick={onCreate}>
          {keys.length === 0 ? "Create key" : "Rotate: create a second key"}
        </Button>
      </div>
      {keys.length === 2 && (
        <Callout tone="accent" icon={<KeyRound size={16} aria-hidden />}>
          Both keys work. Put the new one on your servers; once the old one is not used any more, revoke it.
        </Callout>
      )}
      <div className="rounded-md border border-line">
        <Table caption="Backend keys">
          <thead><tr><Th>Key</Th><Th className="max-sm:hidden">Created</Th><Th>Last used</Th><Th><span className="sr-only">Actions</span></Th></tr></thead>
          <tbody className="[&>tr:last-child>td]:border-b-0">
            {keys.map((key) => (
              <tr key={key.id}>
                <Td><code className="font-mono text-sm whitespace-nowrap">{key.hint}</code></Td>
                <Td className="max-sm:hidden"><Time at={key.created_at} /></Td>
                <Td><Time at={key.last_used_at} /></Td>
                <Td className="text-right"><Button size="sm" look="danger" aria-label={`Revoke ${key.hint}`} onClick={() => setRevoking(key)}>Revoke</Button></Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
      {revoking && <Revoke backendKey={revoking} last={keys.length === 1} onClose={() => setRevoking(null)} />}
    </div>
  );
}

/** The one thing here that cannot be undone, so it asks. */
function Revoke({ backendKey, last, onClose }: { backendKey: BackendKey; last: boolean; onClose: () => void }) {
  const { id: w } = useWorkspace();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeBackendKey(w, backendKey.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: connections(w).queryKey });
      onClose();
      toast(`${backendKey.hint} is revoked.`);
    },
    onError: (error) => toastError(error, "The key was not revoked."),
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Revoke ${backendKey.hint}?`}
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>Revoke at once</Button>
        </>
      }
    >
      <p>Calls with this key fail from this moment, and a revoked key cannot come back.</p>
      <p className="mt-2 text-ink-2">
        {backendKey.last_used_at ? <>It was last used <Time at={backendKey.last_used_at} />.</> : "It was never used."}
        {last && " It is your only key: until you make another, no server can send events."}
      </p>
    </Dialog>
  );
}
