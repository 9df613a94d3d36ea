import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Search, UserRound } from "lucide-react";
import type { UserSummary } from "../api/contract.ts";
import { users, USERS_SHOWN } from "../api/users.ts";
import { useWorkspace } from "../app/workspace.tsx";
import { useSearchBox } from "../lib/use-search-box.ts";
import { Badge, buttonClass, Card, Empty, Input, Load, Page, Table, Td, Th, Time } from "../ui/index.ts";
import { UserLink } from "./link.tsx";

const route = getRouteApi("/workspace/users");

export function UsersPage() {
  const { id: w } = useWorkspace();
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(users(w, q));
  const [text, setText] = useSearchBox(q, (next) => void navigate({ search: (old) => ({ ...old, q: next || undefined }), replace: true }));
  return (
    <Page title="Users" lead="The people whom surveys are shown to, by the id that your product knows them by. Open one to see why they are asked, or why not.">
      <div className="relative mb-3 w-full max-w-md">
        <Search size={14} aria-hidden className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
        <Input type="search" aria-label="Search users" placeholder="A whole id, or a part of one seen lately" value={text} onChange={(event) => setText(event.target.value)} className="pl-8" spellCheck={false} />
      </div>
      <Card flush>
        <Load query={query} title="The users could not be loaded">{(items) => (items.length > 0 ? <UserTable items={items} q={q} /> : <Nobody q={q} />)}</Load>
      </Card>
    </Page>
  );
}

const BY = { event: "sent an event", response: "answered" } as const;

function UserTable({ items, q }: { items: UserSummary[]; q: string }) {
  return (
    <>
      <Table caption="Users">
        <thead><tr><Th>User</Th><Th>Last seen</Th><Th className="max-sm:hidden">By</Th></tr></thead>
        <tbody className="[&>tr:last-child>td]:border-b-0">
          {items.map((user) => (
            <tr key={`${user.namespace} ${user.user_id}`} className="hover:bg-hover">
              <Td className="max-w-0 w-full">
                <span className="flex min-w-0 items-center gap-2"><UserLink id={user.user_id} namespace={user.namespace} />{user.namespace === "anonymous" && <Badge>anonymous</Badge>}</span>
              </Td>
              <Td className="text-ink-2"><Time at={user.last_seen_at} never="not lately" /></Td>
              <Td className="whitespace-nowrap text-ink-2 max-sm:hidden">{user.last_seen_by ? BY[user.last_seen_by] : "–"}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className="border-t border-line px-4 py-2 text-sm text-ink-3">
        {q ? "The user of exactly this id, and those seen lately whose id contains it." : "Those seen lately."} {items.length >= USERS_SHOWN ? `The newest ${USERS_SHOWN}.` : "Any other is found by the whole id."}
      </p>
    </>
  );
}

function Nobody({ q }: { q: string }) {
  if (q) {
    return (
      <Empty icon={<Search size={26} />} title={`Nobody known by “${q}”`} action={<Link to="/users/$userId" params={{ userId: q }} className={buttonClass()}>Look at “{q.length > 40 ? `${q.slice(0, 40)}…` : q}” all the same</Link>}>
        No event has come for exactly this id and no survey was shown to it. Capitals count.
      </Empty>
    );
  }
  return (
    <Empty icon={<UserRound size={26} />} title="Nobody seen yet" action={<Link to="/connections" className={buttonClass("primary")}>Go to Connections</Link>}>
      A user is listed as soon as your server sends an event for them, or they answer a survey.
    </Empty>
  );
}
