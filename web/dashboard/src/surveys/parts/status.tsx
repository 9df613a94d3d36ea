import type { SurveyStatus } from "../../api/contract.ts";
import { Badge } from "../../ui/index.ts";

const LOOKS = { draft: ["neutral", "Draft"], live: ["good", "Live"], paused: ["warn", "Paused"], ended: ["neutral", "Ended"] } as const;

export function StatusBadge({ status }: { status: SurveyStatus }) {
  const [tone, label] = LOOKS[status];
  return (
    <Badge tone={tone}>
      {status === "live" && <span aria-hidden className="size-1.5 rounded-full bg-current" />}
      {label}
    </Badge>
  );
}
