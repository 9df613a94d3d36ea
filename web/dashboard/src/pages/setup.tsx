import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useRouter, useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { authState, setUp } from "../api/auth.ts";
import { ApiError, messageOf } from "../api/http.ts";
import { Gate } from "../app/gate.tsx";
import { MIN_PASSWORD } from "../lib/password.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";

function explain(error: Error): string {
  if (error instanceof ApiError && error.status === 403) {
    return `${messageOf(error)} The link is printed each time the server starts; use the newest one.`;
  }
  return messageOf(error);
}

export function SetupPage() {
  const router = useRouter();
  const auth = useQuery(authState);
  // The link may be pasted into the tab that asks for it: then only the hash changes.
  const given = new URLSearchParams(useRouterState({ select: (state) => state.location.hash })).get("token");
  const [token, setToken] = useState("");
  if (given && given !== token) setToken(given);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [workspace, setWorkspace] = useState("");
  const create = useMutation({
    mutationFn: setUp,
    meta: { ownErrors: true },
    onSuccess: () => router.navigate({ to: "/first-run", hash: "" }),
  });

  if (auth.data && !auth.data.setup_needed && !create.isPending && !create.isSuccess) {
    return (
      <Gate title="Sonde is set up" lead="This server already has a member. Log in, or ask a member to let you in.">
        <Link to="/login" className={buttonClass("primary")}>Log in</Link>
      </Gate>
    );
  }
  if (!token) {
    return (
      <Gate title="Open the set-up link" lead="Sonde prints a one-time link when it starts. Open that link to create the first member.">
        <p className="text-ink-2">It looks like this:</p>
        <code className="mt-1 block rounded-md bg-sunken px-2.5 py-1.5 font-mono text-sm wrap-anywhere">{location.origin}/setup#token=…</code>
      </Gate>
    );
  }
  return (
    <Gate title="Set up Sonde" lead="You become the first member and own the first workspace.">
      <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); create.mutate({ token, email: email.trim(), password, workspace: workspace.trim() }); }}>
        <Field label="E-mail">
          <Input type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} required autoFocus />
        </Field>
        <Field label="Password" hint={`At least ${MIN_PASSWORD} characters.`}>
          <Input type="password" autoComplete="new-password" value={password} onChange={(event) => setPassword(event.target.value)} required minLength={MIN_PASSWORD} />
        </Field>
        <Field label="Workspace" hint="One workspace is one product." error={create.error && explain(create.error)}>
          <Input value={workspace} onChange={(event) => setWorkspace(event.target.value)} placeholder="My product" required maxLength={100} />
        </Field>
        <Button look="primary" type="submit" busy={create.isPending}>Create member and workspace</Button>
      </form>
    </Gate>
  );
}
