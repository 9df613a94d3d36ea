import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Code2, Webhook } from "lucide-react";
import type { ReactNode } from "react";
import { connections } from "../api/connections.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { plural } from "../lib/number.ts";
import { Badge, Load, Page, Skeleton, Time } from "../ui/index.ts";

type CardProps = { to: "/connections/backend" | "/connections/sdk"; icon: ReactNode; title: string; state: ReactNode; children: ReactNode; foot: ReactNode };

function ConnectionCard({ to, icon, title, state, children, foot }: CardProps) {
  return (
    <li className="relative flex flex-col gap-3 rounded-lg border border-line bg-surface p-4 transition-colors hover:border-line-strong">
      <div className="flex items-center gap-3">
        <span className="grid size-9 place-items-center rounded-md bg-accent-soft text-accent-strong" aria-hidden>{icon}</span>
        <h2 className="min-w-0 flex-1 text-lg font-semibold">
          <Link to={to} className="after:absolute after:inset-0 after:rounded-lg">{title}</Link>
        </h2>
        {state}
      </div>
      <p className="flex-1 text-ink-2">{children}</p>
      <p className="flex items-center justify-between text-sm text-ink-3">
        <span>{foot}</span>
        <ChevronRight size={16} aria-hidden />
      </p>
    </li>
  );
}

export function ConnectionsPage() {
  const query = useQuery(connections(useWorkspace().id));
  return (
    <Page title="Connections" lead="How your servers, sites and apps talk to Sonde.">
      <Load
        query={query}
        skeleton={<div className="grid gap-4 md:grid-cols-2"><Skeleton className="h-40" /><Skeleton className="h-40" /></div>}
      >
        {({ backend, sdk }) => {
          const used = backend.keys.map((key) => key.last_used_at).filter((at) => at !== null).sort().at(-1);
          return (
            <ul className="grid gap-4 md:grid-cols-2">
              <ConnectionCard
                to="/connections/backend"
                icon={<Webhook size={18} />}
                title="Backend Trigger"
                state={backend.keys.length > 0 ? <Badge tone="good">Enabled</Badge> : <Badge>Off</Badge>}
                foot={backend.keys.length > 0 ? <>{plural(backend.keys.length, "key")}, last used <Time at={used} /></> : "Enable it to get a URL and a key"}
              >
                Your server says that something just happened to a user. At their next visit to the right place, the right survey shows.
              </ConnectionCard>
              <ConnectionCard
                to="/connections/sdk"
                icon={<Code2 size={18} />}
                title="Web SDK"
                state={sdk.last_used_at ? <Badge tone="good">Installed</Badge> : <Badge>Not seen yet</Badge>}
                foot={<>Last seen <Time at={sdk.last_used_at} /></>}
              >
                One script on your site. It fires frontend triggers, asks Sonde what is due and shows the survey.
              </ConnectionCard>
            </ul>
          );
        }}
      </Load>
    </Page>
  );
}
