import { useMutation } from "@tanstack/react-query";
import { Users } from "lucide-react";
import type { Estimate } from "../../api/contract.ts";
import { messageOf } from "../../api/http.ts";
import { estimate } from "../../api/surveys.ts";
import { useWorkspace } from "../../app/workspace.tsx";
import { reasonName } from "../../lib/reasons.ts";
import { count, percent, plural } from "../../lib/number.ts";
import { Bars } from "../../charts/bars.tsx";
import { Button, Callout, Card } from "../../ui/index.ts";
import { useDraft, useOpen } from "../editor/context.tsx";

/** Asked of the server when somebody wants to know: it looks at many users. */
export function EstimateCard() {
  const w = useWorkspace().id;
  const { survey } = useOpen();
  const { document, store } = useDraft();
  const ask = useMutation({
    meta: { ownErrors: true },
    mutationFn: async () => {
      if (!(await store.flush())) throw new Error("The draft is not saved yet. Try again when it is.");
      return { found: await estimate(w, survey.id), of: store.document.launch };
    },
  });
  const isOld = ask.data !== undefined && ask.data.of !== document.launch;
  return (
    <Card title="Who would get this now" lead="An estimate from what is stored, as if the draft were live.">
      <div className="flex flex-col gap-3">
        <div role="status">{ask.data && <Found found={ask.data.found} isOld={isOld} />}</div>
        {ask.error && <Callout tone="bad"><span role="alert">{messageOf(ask.error)}</span></Callout>}
        <Button busy={ask.isPending} icon={<Users size={16} aria-hidden />} onClick={() => ask.mutate()} className="self-start">{ask.data ? "Estimate again" : "Estimate"}</Button>
      </div>
    </Card>
  );
}

function Found({ found, isOld }: { found: Estimate; isOld: boolean }) {
  const { due, looked_at: looked, total, exact, how, refused } = found;
  const bars = refused.toSorted((a, b) => b.count - a.count).map(({ code, count: n }) => ({ key: code, label: reasonName(code), value: n, text: `${count(n)} · ${percent(n, looked)}`, tone: "neutral" as const }));
  return (
    <div className="flex flex-col gap-3">
      <p>
        <span className="text-2xl font-semibold tabular-nums">{exact ? "" : "about "}{count(due)}</span>{" "}
        <span className="text-ink-2">of {plural(exact ? looked : total, "user")}</span>
      </p>
      {isOld && <p className="text-sm text-warn">The settings have changed since.</p>}
      <p className="text-sm text-ink-2 wrap-anywhere">{how}</p>
      {bars.length > 0 && (
        <div>
          <h3 className="mb-1 text-sm font-semibold">Why not the others</h3>
          <Bars label="Why not the others" bars={bars} max={looked} />
        </div>
      )}
    </div>
  );
}
