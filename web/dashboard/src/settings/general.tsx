import { useState } from "react";
import { parseIds, parseLanguages } from "../lib/origins.ts";
import { Card, Field, Input, Textarea } from "../ui/index.ts";
import type { SettingsPart } from "./parts.ts";

export function GeneralSettings({ draft, change, report, problems }: SettingsPart) {
  const [languages, setLanguages] = useState(draft.languages.join(", "));
  return (
    <div className="flex flex-col gap-4">
      <Card title="Workspace">
        <Field label="Name"><Input value={draft.name} onChange={(event) => change({ name: event.target.value })} required maxLength={100} className="max-w-sm" /></Field>
      </Card>
      <Card title="Wait period" lead="The least time between two surveys for the same user. A survey can be exempt.">
        <Field label="Days" hint={draft.wait_period_days === 0 ? "0: no wait." : undefined}>
          <Input type="number" min={0} max={3650} step={1} value={draft.wait_period_days} onChange={(event) => change({ wait_period_days: Math.max(0, Math.round(Number(event.target.value) || 0)) })} className="max-w-28 tabular-nums" />
        </Field>
      </Card>
      <Card title="Languages" lead="What surveys here can be written in. A user gets the exact tag, its base language, or the survey's default; never nothing.">
        <Field label="Language tags" hint="Parted by commas; the first is the default of new surveys. Such as: en, de, pt-BR, ar" error={problems["languages"] || null}>
          <Input
            value={languages}
            spellCheck={false}
            className="max-w-md"
            onChange={(event) => {
              setLanguages(event.target.value);
              const parsed = parseLanguages(event.target.value);
              report("languages", "error" in parsed ? parsed.error : null);
              if ("value" in parsed) change({ languages: parsed.value });
            }}
          />
        </Field>
      </Card>
      <TestUsers draft={draft} change={change} report={report} problems={problems} />
    </div>
  );
}

/** Their SDK may be told the reasons. */
function TestUsers({ draft, change, report, problems }: SettingsPart) {
  const [ids, setIds] = useState((draft.test_users ?? []).join("\n"));
  const type = (text: string) => {
    setIds(text);
    const parsed = parseIds(text);
    report("test_users", "error" in parsed ? parsed.error : null);
    if ("value" in parsed) change({ test_users: parsed.value });
  };
  return (
    <Card title="Test users" lead="With debug on in the SDK, the reasons why a survey shows or not are told to these users alone.">
      <Field label="User ids, one a line" hint="At most 100. A user's own page has a switch for it too." error={problems["test_users"] || null}>
        <Textarea value={ids} onChange={(event) => type(event.target.value)} rows={3} spellCheck={false} className="max-w-md font-mono text-sm" />
      </Field>
    </Card>
  );
}
