import { useMutation } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { ChevronsUpDown, KeyRound, LogOut } from "lucide-react";
import { useState } from "react";
import { changePassword, logOut } from "../api/auth.ts";
import { ApiError, messageOf } from "../api/http.ts";
import { Button, Dialog, Field, Input, Menu, MenuItem, MenuLabel, MenuLine, toast, toastError } from "../ui/index.ts";
import { AppearanceSwitch } from "./appearance-switch.tsx";
import { MIN_PASSWORD } from "../lib/password.ts";
import { useAuth } from "./workspace.tsx";

export function AccountMenu() {
  const { member } = useAuth();
  const router = useRouter();
  const [changing, setChanging] = useState(false);
  const out = useMutation({
    mutationFn: logOut,
    onSuccess: () => router.navigate({ to: "/login", search: {} }),
    onError: (error) => toastError(error, "You are still logged in."),
  });
  return (
    <div className="flex flex-col gap-2">
      <AppearanceSwitch />
      <Menu
        align="start"
        trigger={
          <button type="button" title={member.email} className="flex h-9 w-full items-center gap-2 rounded-md px-2.5 text-left text-sm text-ink-2 hover:bg-hover hover:text-ink">
            <span className="sr-only">Account: </span>
            <span className="min-w-0 flex-1 truncate">{member.email}</span>
            <ChevronsUpDown size={14} className="shrink-0 text-ink-3" aria-hidden />
          </button>
        }
      >
        <MenuLabel>{member.email}</MenuLabel>
        <MenuItem icon={<KeyRound size={14} aria-hidden />} onSelect={() => setChanging(true)}>Change password</MenuItem>
        <MenuLine />
        <MenuItem icon={<LogOut size={14} aria-hidden />} onSelect={() => out.mutate()}>Log out</MenuItem>
      </Menu>
      {changing && <ChangePassword onClose={() => setChanging(false)} />}
    </div>
  );
}

function ChangePassword({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: changePassword,
    meta: { ownErrors: true },
    onSuccess: () => {
      onClose();
      toast("Password changed. Your other sessions are logged out.");
    },
  });
  const isCurrentWrong = change.error instanceof ApiError && (change.error.problem.errors?.some(({ pointer }) => pointer === "/current") ?? false);
  const error = change.error && messageOf(change.error);
  return (
    <Dialog open onOpenChange={onClose} title="Change password" description="Your other sessions will be logged out.">
      <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); change.mutate({ current, new: next }); }}>
        <Field label="Current password" error={isCurrentWrong ? error : null}>
          <Input type="password" autoComplete="current-password" value={current} onChange={(event) => setCurrent(event.target.value)} required autoFocus />
        </Field>
        <Field label="New password" hint={`At least ${MIN_PASSWORD} characters.`} error={isCurrentWrong ? null : error}>
          <Input type="password" autoComplete="new-password" value={next} onChange={(event) => setNext(event.target.value)} required minLength={MIN_PASSWORD} />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={change.isPending}>Change password</Button>
        </div>
      </form>
    </Dialog>
  );
}
