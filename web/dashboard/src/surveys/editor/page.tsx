import { ArrowLeft } from "lucide-react";
import { Button, Segmented } from "../../ui/index.ts";
import { cx } from "../../lib/cx.ts";
import { surveyRoute } from "../routes.tsx";
import { useDraft, useGo, useLanguage } from "./context.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import { LanguagesPart } from "./languages.tsx";
import { Outline } from "./outline.tsx";
import { FrameTextsPart, SurveyPart, ThankYouPart } from "./parts.tsx";
import { Preview } from "./preview.tsx";
import { QuestionForm } from "./question-form.tsx";

const PARTS = { thank_you: ThankYouPart, texts: FrameTextsPart, languages: LanguagesPart, survey: SurveyPart };

/** Questions on the left, the open one in the middle, the real widget on the right. Narrow screens show one at a time. */
export function EditorPage() {
  const { view, question, part } = surveyRoute.useSearch();
  const go = useGo();
  const isPreview = view === "preview";
  const isOpen = question !== undefined || part !== undefined;
  return (
    <>
      <div className="flex items-center justify-between gap-2 border-b border-line px-4 py-2 xl:hidden">
        <Segmented
          label="In sight"
          value={isPreview ? "preview" : "edit"}
          onChange={(next) => go({ view: next === "preview" ? "preview" : undefined })}
          options={[{ value: "edit", label: "Edit" }, { value: "preview", label: "Preview" }]}
        />
        <LanguageSwitch />
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] xl:grid-cols-[13.5rem_minmax(0,1fr)_23rem]">
        <div className={cx("border-line xl:block xl:border-r", isPreview || isOpen ? "hidden" : "block")}><Outline /></div>
        <div className={cx("@container min-w-0 px-4 py-4 md:px-6 xl:block", isPreview || !isOpen ? "hidden" : "block")}>
          <Button size="sm" look="quiet" className="mb-3 -ml-2 xl:hidden" icon={<ArrowLeft size={14} aria-hidden />} onClick={() => go({ question: undefined, part: undefined }, false)}>
            All questions
          </Button>
          <OpenPart />
        </div>
        <aside aria-label="Preview" className={cx("border-line bg-sunken xl:block xl:border-l", !isPreview && "hidden")}><Preview /></aside>
      </div>
    </>
  );
}

function OpenPart() {
  const { part } = surveyRoute.useSearch();
  const { document } = useDraft();
  const open = useOpenQuestion();
  if (part) {
    const Part = PARTS[part];
    return <Part />;
  }
  const at = document.questions.findIndex(({ id }) => id === open);
  const question = document.questions[at];
  return question ? <QuestionForm key={question.id} question={question} at={at} /> : <NoQuestion />;
}

/** The question in the URL, else the first. */
export function useOpenQuestion(): string | undefined {
  const { document } = useDraft();
  const { question, part } = surveyRoute.useSearch();
  if (part) return undefined;
  return document.questions.some(({ id }) => id === question) ? question : document.questions[0]?.id;
}

function NoQuestion() {
  const { isDefault } = useLanguage();
  return (
    <div className="py-10 text-center text-ink-2">
      <p className="text-lg font-semibold text-ink">Add the first question</p>
      <p>Two or three are answered by far more people than ten.{!isDefault && " New texts are written in the default language first."}</p>
    </div>
  );
}
