import { Link, Outlet } from "@tanstack/react-router";
import { Cable, ClipboardList, Menu as MenuIcon, Settings, UserRound, UsersRound, X, Zap } from "lucide-react";
import { useEffect, useState } from "react";
import { useRouterState } from "@tanstack/react-router";
import { cx } from "../lib/cx.ts";
import { IconButton, TooltipRoom } from "../ui/index.ts";
import { AccountMenu } from "./account-menu.tsx";
import { WorkspaceSwitcher } from "./workspace-switcher.tsx";

const PLACES = [
  { to: "/surveys", label: "Surveys", icon: ClipboardList },
  { to: "/triggers", label: "Triggers", icon: Zap },
  { to: "/users", label: "Users", icon: UserRound },
  { to: "/cohorts", label: "Cohorts", icon: UsersRound },
  { to: "/connections", label: "Connections", icon: Cable },
  { to: "/settings", label: "Settings", icon: Settings },
] as const;

function Navigation() {
  return (
    <nav aria-label="Main">
      <ul className="flex flex-col gap-0.5">
        {PLACES.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              activeOptions={{ includeSearch: false }}
              className="flex h-9 items-center gap-2.5 rounded-md px-2.5 font-medium text-ink-2 hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent-strong"
            >
              <Icon size={16} aria-hidden />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function Brand() {
  return (
    <span className="flex items-center gap-2 text-lg font-semibold">
      <img src="/favicon.svg" alt="" width={22} height={22} />
      Sonde
    </span>
  );
}

/** The frame around every page behind the login: skip link, navigation, content. */
export function Shell() {
  const [open, setOpen] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => setOpen(false), [path]);
  return (
    <TooltipRoom delayDuration={400}>
      <a href="#content" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2">Skip to the content</a>
      <div className="min-h-dvh md:grid md:grid-cols-[14rem_minmax(0,1fr)]">
        <header className="sticky top-0 z-30 border-b border-line bg-surface md:h-dvh md:border-r md:border-b-0">
          <div className="flex h-full flex-col">
            <div className="flex h-13 shrink-0 items-center justify-between px-4">
              <Link to="/" aria-label="Sonde, start" className="rounded-md"><Brand /></Link>
              <IconButton label={open ? "Close the menu" : "Open the menu"} aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)} className="md:hidden">
                {open ? <X size={18} aria-hidden /> : <MenuIcon size={18} aria-hidden />}
              </IconButton>
            </div>
            <div id="menu" className={cx("min-h-0 flex-1 flex-col gap-3 overflow-y-auto px-3 pb-3 md:flex", open ? "flex" : "hidden")}>
              <WorkspaceSwitcher />
              <Navigation />
              <div className="mt-auto pt-4"><AccountMenu /></div>
            </div>
          </div>
        </header>
        <main id="content" tabIndex={-1} className="min-w-0 outline-none"><Outlet /></main>
      </div>
    </TooltipRoom>
  );
}
