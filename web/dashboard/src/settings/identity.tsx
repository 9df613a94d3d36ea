import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { IdentitySecret, NewIdentitySecret, Settings } from "../api/contract.ts";
import { createIdentitySecret, identitySecrets, revokeIdentitySecret } from "../api/settings.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { proofSample } from "../lib/samples.ts";
import { Button, Callout, Card, Code, CopyValue, Dialog, Field, Load, Select, Table, Td, Th, Time, toast, toastError } from "../ui/index.ts";
import type { SettingsPart } from "./parts.ts";

type Mode = Settings["identity_proof"]["mode"];
const MODES: Record<Mode, string> = { off: "Off", jwt: "On: a signed token (JWT)", jwt_or_hmac: "On: a signed token or the HMAC of the user id" };
const HINTS: Record<Mode, string> = {
  off: "Anybody who holds the SDK key can ask for surveys as any user.",
  jwt: "Sessions of identified users need a token that your server signed. Anonymous users need none.",
  jwt_or_hmac: "The HMAC never expires: whoever has it once can ask as that user until the secret is revoked.",
};

export function IdentityProof({ draft, change }: SettingsPart) {
  const { id: w } = useWorkspace();
  const query = useQuery(identitySecrets(w));
  const mode = draft.identity_proof.mode;
  return (
    <Card title="Identity proof" lead="Your server vouches for its users, so that nobody else can ask in their name.">
      <div className="flex flex-col gap-4">
        <Field label="Proof of identity" hint={HINTS[mode]} className="max-w-md">
          <Select value={mode} onChange={(event) => change({ identity_proof: { mode: event.target.value as Mode } })}>
            {(Object.keys(MODES) as Mode[]).map((value) => <option key={value} value={value}>{MODES[value]}</option>)}
          </Select>
        </Field>
        <Load query={query}>{(secrets) => <Secrets w={w} secrets={secrets} on={mode !== "off"} />}</Load>
        <div className="flex flex-col gap-2">
          <h3 className="font-semibold">On your server</h3>
          <Code label="Sample for Node" text={proofSample(w)} />
          <p className="text-sm text-ink-2">Hand the result to the SDK as <code className="font-mono">proof</code>, together with the user: a text, or a function that fetches it anew for each session.</p>
        </div>
      </div>
    </Card>
  );
}

function Secrets({ w, secrets, on }: { w: string; secrets: IdentitySecret[]; on: boolean }) {
  const client = useQueryClient();
  const [fresh, setFresh] = useState<NewIdentitySecret | null>(null);
  const [revoking, setRevoking] = useState<IdentitySecret | null>(null);
  const create = useMutation({
    mutationFn: () => createIdentitySecret(w),
    onSuccess: async (made) => {
      setFresh(made);
      await client.invalidateQueries({ queryKey: identitySecrets(w).queryKey });
    },
    onError: (error) => toastError(error, "No secret was created."),
  });
  const full = secrets.length >= 2;
  return (
    <div className="flex flex-col gap-3">
      {fresh && (
        <div className="flex flex-col gap-2 rounded-lg border border-accent bg-accent-soft p-3" role="status">
          <CopyValue label="Your new secret" value={fresh.secret} />
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p className="text-sm text-ink-2">Copy it now, for your servers alone: it is never shown again.</p>
            <Button size="sm" onClick={() => setFresh(null)}>I have copied it</Button>
          </div>
        </div>
      )}
      <div className="flex flex-wrap items-end justify-between gap-2">
        <h3 className="font-semibold">Secrets</h3>
        <Button size="sm" icon={<Plus size={14} aria-hidden />} busy={create.isPending} disabled={full} title={full ? "Two secrets are live already. Revoke one first." : undefined} onClick={() => create.mutate()}>
          {secrets.length === 0 ? "Create secret" : "Rotate: create a second secret"}
        </Button>
      </div>
      {secrets.length === 0 && <Callout tone={on ? "warn" : "neutral"}>{on ? "Without a secret no identified user can start a session. Create one before you save." : "There is no secret yet. Create one before you turn the proof on."}</Callout>}
      {secrets.length > 0 && (
        <div className="rounded-md border border-line">
          <Table caption="Identity secrets">
            <thead><tr><Th>Secret</Th><Th>Created</Th><Th><span className="sr-only">Actions</span></Th></tr></thead>
            <tbody className="[&>tr:last-child>td]:border-b-0">
              {secrets.map((secret) => (
                <tr key={secret.id}>
                  <Td><code className="font-mono text-sm whitespace-nowrap">{secret.hint}</code></Td>
                  <Td><Time at={secret.created_at} /></Td>
                  <Td className="text-right"><Button size="sm" look="danger" aria-label={`Revoke ${secret.hint}`} onClick={() => setRevoking(secret)}>Revoke</Button></Td>
                </tr>
              ))}
            </tbody>
          </Table>
        </div>
      )}
      {revoking && <Revoke w={w} secret={revoking} last={on && secrets.length === 1} onClose={() => setRevoking(null)} />}
    </div>
  );
}

/** It cannot be undone, so it asks. */
function Revoke({ w, secret, last, onClose }: { w: string; secret: IdentitySecret; last: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeIdentitySecret(w, secret.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: identitySecrets(w).queryKey });
      onClose();
      toast(`${secret.hint} is revoked.`);
    },
    onError: (error) => toastError(error, "The secret was not revoked."),
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Revoke ${secret.hint}?`}
      footer={<><Button onClick={onClose}>Keep it</Button><Button look="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>Revoke at once</Button></>}
    >
      <p>Proofs made with this secret are refused from this moment, and it cannot come back. Sessions that are open last out their day.</p>
      {last && <p className="mt-2 text-ink-2">It is your only secret: until you make another, no identified user can start a session.</p>}
    </Dialog>
  );
}
