import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ChartColumn, CirclePause, CirclePlay, CircleStop, Copy, Ellipsis, PencilLine, Rocket, Trash2 } from "lucide-react";
import { useState } from "react";
import type { SurveySummary } from "../../api/contract.ts";
import { useWorkspace } from "../../app/workspace.tsx";
import { IconButton, Menu, MenuItem, MenuLine, toast, toastError } from "../../ui/index.ts";
import { deleteSurvey, duplicateSurvey, STEP_DONE, type Step, useListStep } from "../api.ts";
import { EndDialog } from "../parts/end-dialog.tsx";
import { deleteSoon } from "./hidden.ts";

const icon = { size: 15, "aria-hidden": true } as const;

export function RowMenu({ survey }: { survey: SurveySummary }) {
  const workspace = useWorkspace().id;
  const navigate = useNavigate();
  const [ending, setEnding] = useState(false);
  const step = useListStep();
  const params = { surveyId: survey.id };
  const take = (which: Step, back?: Step) =>
    step.mutate({ id: survey.id, step: which }, {
      onSuccess: () => toast(STEP_DONE[which], back && { label: "Undo", run: () => step.mutate({ id: survey.id, step: back }) }),
    });
  const duplicate = useMutation({
    mutationFn: () => duplicateSurvey(workspace, survey.id),
    onSuccess: (copy) => navigate({ to: "/surveys/$surveyId", params: { surveyId: copy.id } }),
    onError: (error) => toastError(error),
  });
  const remove = () => {
    const undo = deleteSoon(survey.id, () => deleteSurvey(workspace, survey.id).catch((error: unknown) => void toastError(error)));
    toast(`“${survey.name}” deleted.`, { label: "Undo", run: undo });
  };
  return (
    <>
      <Menu trigger={<IconButton label={`Actions for ${survey.name}`}><Ellipsis size={16} aria-hidden /></IconButton>}>
        <MenuItem asChild><Link to="/surveys/$surveyId" params={params}><PencilLine {...icon} />Edit</Link></MenuItem>
        <MenuItem asChild><Link to="/surveys/$surveyId/launch" params={params}><Rocket {...icon} />Configure &amp; Launch</Link></MenuItem>
        <MenuItem asChild><Link to="/surveys/$surveyId/results" params={params}><ChartColumn {...icon} />Results</Link></MenuItem>
        <MenuItem icon={<Copy {...icon} />} onSelect={() => duplicate.mutate()}>Duplicate</MenuItem>
        <MenuLine />
        {survey.status === "live" && <MenuItem icon={<CirclePause {...icon} />} onSelect={() => take("pause", "resume")}>Pause</MenuItem>}
        {survey.status === "paused" && <MenuItem icon={<CirclePlay {...icon} />} onSelect={() => take("resume", "pause")}>Resume</MenuItem>}
        {(survey.status === "live" || survey.status === "paused") && <MenuItem icon={<CircleStop {...icon} />} onSelect={() => setEnding(true)}>End…</MenuItem>}
        {survey.status === "draft" && !survey.launched_at && <MenuItem danger icon={<Trash2 {...icon} />} onSelect={remove}>Delete</MenuItem>}
      </Menu>
      {ending && <EndDialog name={survey.name} close={() => setEnding(false)} end={() => take("end")} />}
    </>
  );
}
