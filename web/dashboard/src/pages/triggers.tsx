import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus, Search, Zap } from "lucide-react";
import { useState } from "react";
import type { Trigger, TriggerKind } from "../api/contract.ts";
import { triggers } from "../api/triggers.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { Sparkline } from "../charts/days.tsx";
import { count, plural } from "../lib/number.ts";
import { useSearchBox } from "../lib/use-search-box.ts";
import { Badge, Button, buttonClass, Card, Checkbox, Empty, Input, Load, Page, Table, Tabs, Td, Th, Time } from "../ui/index.ts";
import { CreateTrigger } from "./trigger-create.tsx";
import { TriggerPanel } from "./trigger-panel.tsx";

const route = getRouteApi("/workspace/triggers");
const LEADS: Record<TriggerKind, string> = {
  backend: "What your server reports. A trigger is listed as soon as its first event is accepted.",
  frontend: "Moments in your site or app where a survey can show. A trigger is listed on its first use.",
};

export function TriggersPage() {
  const { id: w } = useWorkspace();
  const { kind = "backend", q = "", archived = false, name } = route.useSearch();
  const navigate = route.useNavigate();
  const [creating, setCreating] = useState(false);
  const query = useQuery(triggers(w, { kind, search: q, archived }));
  const [text, setText] = useSearchBox(q, (next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true }));
  const chosen = query.data?.find((trigger) => trigger.name === name && trigger.kind === kind);

  return (
    <Page
      wide
      title="Triggers"
      lead={LEADS[kind]}
      actions={<Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>Create ahead</Button>}
    >
      <Tabs
        label="Kind of trigger"
        value={kind}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, kind: next === "backend" ? undefined : next, name: undefined }) })}
        tabs={[{ value: "backend", label: "Backend" }, { value: "frontend", label: "Frontend" }]}
      >
        <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
          <div className="relative w-full max-w-xs">
            <Search size={14} aria-hidden className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
            <Input type="search" aria-label="Search triggers" placeholder="Search by name" value={text} onChange={(event) => setText(event.target.value)} className="pl-8" />
          </div>
          <Checkbox label="Archived" checked={archived} onChange={(event) => void navigate({ search: (old) => ({ ...old, archived: event.target.checked || undefined, name: undefined }), replace: true })} />
        </div>
        <Card flush>
          <Load query={query} title="The triggers could not be loaded">
            {(items) => (items.length === 0 ? <NoTriggers kind={kind} q={q} archived={archived} onCreate={() => setCreating(true)} /> : <TriggerTable kind={kind} items={items} chosen={chosen?.name} />)}
          </Load>
        </Card>
      </Tabs>
      {chosen && <TriggerPanel w={w} trigger={chosen} onClose={() => void navigate({ search: (old) => ({ ...old, name: undefined }) })} />}
      {creating && <CreateTrigger w={w} kind={kind} onClose={() => setCreating(false)} />}
    </Page>
  );
}

function TriggerTable({ kind, items, chosen }: { kind: TriggerKind; items: Trigger[]; chosen: string | undefined }) {
  return (
    <Table caption={`${kind === "backend" ? "Backend" : "Frontend"} triggers`}>
      <thead>
        <tr><Th>Name</Th><Th>Last seen</Th><Th className="max-lg:hidden">First seen</Th><Th numeric>Count</Th><Th>14 days</Th><Th>Properties</Th><Th>Surveys</Th></tr>
      </thead>
      <tbody className="[&>tr:last-child>td]:border-b-0">
        {items.map((trigger) => (
          <tr key={trigger.name} className={`relative hover:bg-hover ${trigger.name === chosen ? "bg-accent-soft" : ""}`}>
            <Td className="max-w-80 min-w-40">
              <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <Link from="/triggers" to="/triggers" search={(old) => ({ ...old, name: trigger.name })} className="min-w-0 font-medium wrap-anywhere hover:underline">
                  {trigger.name}
                </Link>
                {trigger.stopped && <Badge tone="warn" title="A live survey uses it, and it has been silent for far longer than usual.">Stopped arriving</Badge>}
              </span>
            </Td>
            <Td><Time at={trigger.last_seen_at} never="not yet" /></Td>
            <Td className="max-lg:hidden"><Time at={trigger.first_seen_at} never="not yet" /></Td>
            <Td numeric>{count(trigger.count)}</Td>
            <Td><Sparkline values={trigger.daily} label={`${count(trigger.daily.reduce((a, b) => a + b, 0))} in 14 days, ${count(trigger.daily.at(-1) ?? 0)} today`} /></Td>
            <Td className="max-w-56 truncate text-sm text-ink-2" title={trigger.properties.map((property) => property.key).join(", ")}>
              {trigger.properties.map((property) => property.key).join(", ") || "–"}
            </Td>
            <Td className="whitespace-nowrap">{trigger.surveys.length ? plural(trigger.surveys.length, "survey") : <span className="text-ink-3">none</span>}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function NoTriggers({ kind, q, archived, onCreate }: { kind: TriggerKind; q: string; archived: boolean; onCreate: () => void }) {
  if (q) return <Empty icon={<Search size={26} />} title={`No ${kind} trigger matches “${q}”`}>Names match in any part, in capitals or not.</Empty>;
  if (archived) return <Empty title="Nothing is archived">An archived trigger leaves this list and the editor; its history stays.</Empty>;
  return (
    <Empty
      icon={<Zap size={26} />}
      title={`No ${kind} triggers yet`}
      action={
        <>
          <Link to={kind === "backend" ? "/connections/backend" : "/connections/sdk"} className={buttonClass("primary")}>{kind === "backend" ? "Send a first event" : "Install the SDK"}</Link>
          <Button onClick={onCreate}>Create ahead</Button>
        </>
      }
    >
      {LEADS[kind]} Or create one ahead, to prepare a survey before the code is out.
    </Empty>
  );
}
