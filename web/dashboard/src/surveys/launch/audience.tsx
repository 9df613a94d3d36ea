import { ConditionBuilder } from "../../audience/builder.tsx";
import { useSuggestions } from "../../audience/suggestions.ts";
import { useErrors } from "../editor/context.tsx";
import { put } from "../model/edit.ts";
import { errorAt, errorOf } from "../model/pointers.ts";
import { useLaunch } from "./use-launch.ts";

const AT = "/launch/audience";

/** Who may be asked: conditions over attributes, earlier surveys, and cohorts. */
export function Audience() {
  const { launch, edit } = useLaunch();
  const errors = useErrors();
  const suggestions = useSuggestions(true);
  const error = errorOf(errors, AT);
  return (
    <section aria-label="Audience">
      <h3 className="mb-1 text-sm font-medium">Audience</h3>
      <ConditionBuilder
        node={launch.audience}
        suggestions={suggestions}
        change={(audience) => edit((old) => put(old, "audience", audience), AT)}
        errorAt={(path) => errorAt(errors, `${AT}${path}`)}
      />
      {error && <p role="alert" className="mt-1 text-sm text-bad">{error}</p>}
    </section>
  );
}
