import { useState } from "react";
import { parseOrigins } from "../lib/origins.ts";
import { Callout, Card, Checkbox, Field, Input, Radio, Textarea } from "../ui/index.ts";
import { IdentityProof } from "./identity.tsx";
import type { SettingsPart } from "./parts.ts";

export function SecuritySettings(part: SettingsPart) {
  const { draft, change, report, problems } = part;
  const everywhere = draft.allowed_origins.includes("*");
  const [origins, setOrigins] = useState(everywhere ? "" : draft.allowed_origins.join("\n"));

  function type(text: string) {
    setOrigins(text);
    const parsed = parseOrigins(text);
    report("origins", "error" in parsed ? parsed.error : null);
    if ("value" in parsed) change({ allowed_origins: parsed.value });
  }

  return (
    <div className="flex flex-col gap-4">
      <Card title="Allowed origins" lead="The sites whose pages may ask Sonde for surveys with this workspace's SDK key.">
        <fieldset className="flex flex-col gap-2">
          <legend className="sr-only">Allowed origins</legend>
          <Radio name="origins" label="Every site" checked={everywhere} onChange={() => { report("origins", null); change({ allowed_origins: ["*"] }); }} />
          <Radio name="origins" label="Only these" checked={!everywhere} onChange={() => { change({ allowed_origins: [] }); type(origins); }} />
        </fieldset>
        {!everywhere && (
          <Field label="Origins, one a line" className="mt-3 max-w-md" error={problems["origins"] || null}>
            <Textarea value={origins} onChange={(event) => type(event.target.value)} rows={4} spellCheck={false} placeholder="https://shop.example" className="font-mono text-sm" />
          </Field>
        )}
      </Card>
      <IdentityProof {...part} />
      <Card title="Personal values in texts" lead="Survey texts can say what your server knows about a user, such as “How did you like {{event.title | &quot;your book&quot;}}?”.">
        <Checkbox
          label="Allow it also without identity proof"
          checked={draft.pipes_without_proof ?? false}
          disabled={draft.identity_proof.mode !== "off"}
          onChange={(event) => change({ pipes_without_proof: event.target.checked })}
          hint={draft.identity_proof.mode === "off"
            ? "Anybody who finds your SDK key could then ask as any user and read those values. Without this, surveys with such texts cannot be launched, and those that are live say their fallbacks."
            : "Identity proof is on, so every user hears only of themselves."}
        />
      </Card>
      <Card title="Retention" lead="How long response rows are kept. Events are always dropped about 100 hours after their day.">
        <fieldset className="flex flex-col gap-2">
          <legend className="sr-only">Retention of responses</legend>
          <Radio name="retention" label="Keep responses until they are deleted" checked={draft.response_retention_days === null} onChange={() => change({ response_retention_days: null })} />
          <Radio name="retention" label="Delete responses after a number of days" checked={draft.response_retention_days !== null} onChange={() => change({ response_retention_days: draft.response_retention_days ?? 365 })} />
        </fieldset>
        {draft.response_retention_days !== null && (
          <div className="mt-3 flex flex-col gap-3">
            <Field label="Days">
              <Input type="number" min={1} max={36500} step={1} value={draft.response_retention_days} onChange={(event) => change({ response_retention_days: Math.max(1, Math.round(Number(event.target.value) || 1)) })} className="max-w-28 tabular-nums" />
            </Field>
            <Callout tone="warn">Older rows are deleted as soon as you save, and then every day. They cannot come back.</Callout>
          </div>
        )}
      </Card>
    </div>
  );
}
