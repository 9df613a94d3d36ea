import { Link } from "@tanstack/react-router";
import type { Namespace } from "../api/contract.ts";

/** To the page of one user, by the id. */
export function UserLink({ id, namespace, className = "font-medium" }: { id: string; namespace: Namespace; className?: string }) {
  return (
    <Link
      to="/users/$userId"
      params={{ userId: id }}
      search={namespace === "anonymous" ? { namespace } : {}}
      title={id}
      className={`min-w-0 truncate rounded-sm underline-offset-2 hover:underline ${className}`}
    >
      {id}
    </Link>
  );
}
