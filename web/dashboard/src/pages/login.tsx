import { useMutation } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { logIn } from "../api/auth.ts";
import { ApiError, messageOf } from "../api/http.ts";
import { Gate } from "../app/gate.tsx";
import { localPath } from "../lib/path.ts";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";

const route = getRouteApi("/login");

function explain(error: Error): string {
  return error instanceof ApiError && error.status === 401 ? "This e-mail and password do not go together." : messageOf(error);
}

export function LoginPage() {
  const search = route.useSearch();
  const router = useRouter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: logIn,
    meta: { ownErrors: true },
    onSuccess: () => router.history.push(localPath(search.return)),
  });
  return (
    <Gate title="Log in" lead={search.return && "Your session has ended or you have not logged in yet. Log in to go on."}>
      <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); login.mutate({ email: email.trim(), password }); }}>
        <Field label="E-mail">
          <Input type="email" autoComplete="username" value={email} onChange={(event) => setEmail(event.target.value)} required autoFocus />
        </Field>
        <Field label="Password" error={login.error && explain(login.error)}>
          <Input type="password" autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} required />
        </Field>
        <Button look="primary" type="submit" busy={login.isPending}>Log in</Button>
      </form>
    </Gate>
  );
}
