import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FilePlus2 } from "lucide-react";
import { useMemo } from "react";
import { useWorkspace } from "../../app/workspace.tsx";
import { cx } from "../../lib/cx.ts";
import { Button, Page, toastError } from "../../ui/index.ts";
import { createSurvey, useSettings } from "../api.ts";
import { contentOf } from "../model/content.ts";
import { blankSurvey, nameOf } from "../model/edit.ts";
import { TEMPLATES, type Template } from "../model/templates.ts";
import { TypeIcon } from "../parts/question-types.tsx";
import { WidgetStage } from "../parts/widget-stage.tsx";
import { templatesRoute } from "../routes.tsx";

const BLANK: Template = { id: "blank", name: "Blank survey", use: "Begin with an empty page.", document: blankSurvey("New survey") };
const ALL = [BLANK, ...TEMPLATES];

/** Templates on the left, the chosen one as users would see it on the right. */
export function TemplatesPage() {
  const { template } = templatesRoute.useSearch();
  const navigate = templatesRoute.useNavigate();
  const chosen = ALL.find(({ id }) => id === template) ?? (TEMPLATES[0] as Template);
  return (
    <Page title="New survey" lead="Choose a beginning. Everything can be changed." back={<Link to="/surveys" className="rounded-sm text-ink-2 underline-offset-2 hover:underline">Surveys</Link>}>
      <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_22.5rem]">
        <ul aria-label="Templates" className="grid content-start gap-2 sm:grid-cols-2">
          {ALL.map((each) => (
            <li key={each.id}>
              <TemplateCard template={each} chosen={each === chosen} choose={() => void navigate({ search: (before) => ({ ...before, template: each.id }), replace: true })} />
            </li>
          ))}
        </ul>
        <TemplatePreview template={chosen} />
      </div>
    </Page>
  );
}

function TemplateCard({ template, chosen, choose }: { template: Template; chosen: boolean; choose: () => void }) {
  const { questions } = template.document;
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={choose}
      className={cx("flex h-full w-full flex-col gap-1 rounded-lg border bg-surface p-3 text-left hover:bg-hover", chosen ? "border-accent ring-1 ring-accent" : "border-line")}
    >
      <span className="font-medium">{template.name}</span>
      <span className="flex-1 text-sm text-ink-2">{template.use}</span>
      <span className="mt-1 flex items-center gap-1.5 text-sm text-ink-3">
        {questions.length === 0 ? <FilePlus2 size={16} aria-hidden /> : questions.map(({ id, type }) => <TypeIcon key={id} type={type} size={14} />)}
        {questions.length > 0 && <span>{questions.length} {questions.length === 1 ? "question" : "questions"}</span>}
      </span>
    </button>
  );
}

function TemplatePreview({ template }: { template: Template }) {
  const workspace = useWorkspace().id;
  const settings = useSettings().data;
  const navigate = useNavigate();
  const content = useMemo(() => contentOf(template.document, "en"), [template]);
  const create = useMutation({
    mutationFn: () => createSurvey(workspace, template === BLANK ? blankSurvey("New survey", settings?.languages[0]) : template.document),
    onSuccess: (survey) => navigate({ to: "/surveys/$surveyId", params: { surveyId: survey.id } }),
    onError: (error) => toastError(error),
  });
  return (
    <section aria-label={`Preview of ${template.name}`} className="flex flex-col gap-3 max-lg:pb-16 lg:sticky lg:top-4 lg:self-start">
      <div className="max-lg:fixed max-lg:inset-x-0 max-lg:bottom-0 max-lg:z-20 max-lg:border-t max-lg:border-line max-lg:bg-surface max-lg:p-3">
        <Button className="w-full" look="primary" busy={create.isPending} onClick={() => create.mutate()}>{template === BLANK ? "Start from a blank page" : `Use “${template.name}”`}</Button>
      </div>
      {template.document.questions.length > 0 && (
        <>
          <ol className="flex flex-col gap-1 text-sm text-ink-2">
            {template.document.questions.map((question, at) => <li key={question.id} className="flex gap-2"><span className="text-ink-3">{at + 1}.</span>{nameOf(template.document, question)}</li>)}
          </ol>
          <div className="[--stage:calc(100dvh-16rem)] max-lg:hidden"><WidgetStage key={template.id} content={content} device="phone" look="light" theme={settings?.theme} /></div>
        </>
      )}
    </section>
  );
}
