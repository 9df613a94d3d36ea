import { Navigate } from "@tanstack/react-router";
import { useWorkspace } from "../app/workspace.tsx";
import { Failed, SkeletonRows } from "../ui/states.tsx";
import { useSteps } from "./use-steps.ts";

/** The start: the first steps while no survey was ever launched, the surveys after that. */
export function HomePage() {
  const { steps, error, retry } = useSteps(useWorkspace().id);
  if (steps) return <Navigate to={steps.launched ? "/surveys" : "/first-run"} replace />;
  return error ? <Failed error={error} retry={retry} /> : <SkeletonRows />;
}
