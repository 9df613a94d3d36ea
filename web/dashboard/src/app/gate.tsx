import { type ReactNode, useEffect } from "react";
import { AppearanceSwitch } from "./appearance-switch.tsx";

/** The frame of the pages before the login. */
export function Gate({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Sonde`;
  }, [title]);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 px-4 py-10">
      <div className="flex items-center gap-2 text-lg font-semibold"><img src="/favicon.svg" alt="" width={28} height={28} />Sonde</div>
      <section className="w-full max-w-sm rounded-lg border border-line bg-surface p-6">
        <h1 className="text-xl font-semibold">{title}</h1>
        {lead && <p className="mt-1 text-ink-2">{lead}</p>}
        <div className="mt-5">{children}</div>
      </section>
      <AppearanceSwitch />
    </main>
  );
}
