import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft, Download, FlaskConical, Hourglass, Trash2, UserRound } from "lucide-react";
import { useState } from "react";
import type { UserDetail } from "../api/contract.ts";
import { ApiError } from "../api/http.ts";
import { exportUrl, setTestUser, user, userKey, type UserRef } from "../api/users.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { show } from "../lib/json.ts";
import { exactTime } from "../lib/time.ts";
import { Badge, Button, buttonClass, Callout, Card, CopyButton, Empty, Facts, Load, Page, Skeleton, Switch, Time, toast, toastError } from "../ui/index.ts";
import { Displays } from "./displays.tsx";
import { EraseUser } from "./erase.tsx";
import { Events } from "./events.tsx";
import { Refusals } from "./refusals.tsx";
import { Why } from "./why.tsx";

const route = getRouteApi("/workspace/users/$userId");

/** Everything that is known of one user, and why surveys are shown or not. */
export function UserPage() {
  const { id: w } = useWorkspace();
  const { userId } = route.useParams();
  const { namespace = "identified" } = route.useSearch();
  const ref: UserRef = { id: userId, namespace };
  const query = useQuery(user(w, ref));
  const isUnknown = query.error instanceof ApiError && query.error.status === 404;
  const [erasing, setErasing] = useState(false);
  return (
    <Page
      wide
      title={userId}
      back={<Link to="/users" className="inline-flex items-center gap-1 text-ink-2 hover:text-ink"><ArrowLeft size={14} aria-hidden /> Users</Link>}
      actions={
        <>
          {namespace === "anonymous" && <Badge>anonymous</Badge>}
          {query.data?.is_test_user && <Badge tone="accent"><FlaskConical size={12} aria-hidden />test user</Badge>}
          <a href={exportUrl(w, ref)} download={`user-${userId.replaceAll(/[^\w.-]/g, "_").slice(0, 80)}.json`} className={buttonClass()}><Download size={14} aria-hidden /> Export</a>
          <Button look="danger" icon={<Trash2 size={14} aria-hidden />} onClick={() => setErasing(true)}>Erase…</Button>
        </>
      }
    >
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-4">
          {isUnknown ? <Unknown /> : <Load query={query} skeleton={<Skeleton className="h-16" />} title="This user could not be loaded">{(detail) => <Now detail={detail} />}</Load>}
          <Why w={w} user={ref} />
          {query.data && <Refusals refusals={query.data.refusals} />}
          {query.data && <Events events={query.data.events} />}
          {query.data && <Displays displays={query.data.displays} />}
        </div>
        <div className="flex min-w-0 flex-col gap-4">{query.data && <Aside w={w} user={ref} detail={query.data} />}</div>
      </div>
      {erasing && <EraseUser w={w} user={ref} onClose={() => setErasing(false)} />}
    </Page>
  );
}

/** Never seen, or erased. What would be decided for such a user can still be asked. */
function Unknown() {
  return <Card><Empty icon={<UserRound size={26} />} title="Nothing is known of this user">No event, no session and no display is kept under this id. Capitals count.</Empty></Card>;
}

/** What holds for every survey at this moment. */
function Now({ detail }: { detail: UserDetail }) {
  const { alias_of: alias, open_claim: claim, wait_until: wait } = detail;
  const isWaiting = wait !== null && Date.parse(wait) > Date.now();
  return (
    <>
      {alias && (
        <Callout tone="accent">
          This anonymous id belongs to <Link to="/users/$userId" params={{ userId: alias }} className="font-medium underline underline-offset-2">{alias}</Link>: everything is kept there.
        </Callout>
      )}
      {claim && (
        <Callout tone="accent" icon={<Hourglass size={16} aria-hidden />}>
          “{claim.survey.name}” is being shown now. Until it is confirmed or given up (<Time at={claim.lease_until} />), nothing else can be.
        </Callout>
      )}
      {isWaiting && (
        <Callout tone="warn" icon={<Hourglass size={16} aria-hidden />}>
          In the wait period until <time dateTime={wait}>{exactTime(wait)}</time>: only surveys that are exempt from it may be shown.
        </Callout>
      )}
    </>
  );
}

function Aside({ w, user: ref, detail }: { w: string; user: UserRef; detail: UserDetail }) {
  return (
    <>
      <Card title="About">
        <div className="flex flex-col gap-4">
          <div className="flex items-center gap-2"><code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere">{detail.user_id}</code><CopyButton text={detail.user_id} /></div>
          <Facts items={[["Last shown", <Time key="shown" at={detail.last_shown_at} />]]} />
          {detail.aliases.length > 0 && (
            <div>
              <h3 className="text-ink-3">Was anonymous as</h3>
              <ul>{detail.aliases.map((id) => <li key={id}><code className="font-mono text-sm wrap-anywhere">{id}</code></li>)}</ul>
            </div>
          )}
          {ref.namespace === "identified" && <TestUser w={w} user={ref} isTest={detail.is_test_user} />}
        </div>
      </Card>
      <Card title="Attributes" lead="From the SDK and your server.">
        {detail.attributes.length === 0 ? (
          <p className="text-ink-2">None. Set them in the SDK when the user logs in, or from your server.</p>
        ) : (
          <dl className="flex flex-col gap-2.5">
            {detail.attributes.map(({ name, type, value }) => (
              <div key={name}>
                <dt className="flex items-baseline justify-between gap-2 text-ink-3"><code className="min-w-0 font-mono text-sm wrap-anywhere">{name}</code><span className="shrink-0 text-xs">{type}</span></dt>
                <dd className="font-medium wrap-anywhere">{show(value) || "–"}</dd>
              </div>
            ))}
          </dl>
        )}
      </Card>
    </>
  );
}

function TestUser({ w, user: ref, isTest }: { w: string; user: UserRef; isTest: boolean }) {
  const client = useQueryClient();
  const set = useMutation({
    mutationFn: (on: boolean) => setTestUser(w, ref, on),
    onSuccess: async (_answer, on) => {
      await Promise.all([client.invalidateQueries({ queryKey: userKey(w, ref) }), client.invalidateQueries({ queryKey: ["w", w, "settings"] })]);
      toast(on ? "A test user now: the SDK may ask for the reasons." : "No test user any more.", { label: "Undo", run: () => set.mutate(!on) });
    },
    onError: (error) => toastError(error, "It was not changed."),
  });
  return <Switch checked={isTest} disabled={set.isPending} onChange={(on) => set.mutate(on)} label="Test user" hint="With debug on in the SDK, the reasons are written to the browser's console." />;
}
