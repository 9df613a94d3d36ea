import { renderSurvey, type SurveyContent, type Theme } from "@sonde/widget";
import { useEffect, useRef, useState } from "react";
import { cx } from "../../lib/cx.ts";
import { Button } from "../../ui/index.ts";
import { PREVIEW_VALUES } from "../model/content.ts";

interface StageProps {
  readonly content: SurveyContent;
  readonly device: "phone" | "desktop";
  readonly look: "light" | "dark";
  readonly theme: Theme | undefined;
  readonly startAt?: string | undefined;
  /** Another number draws it anew. */
  readonly run?: number;
  readonly onRestart?: () => void;
}

const PAGES = { light: "bg-[#f4f5f6]", dark: "bg-[#101315]" } as const;
const BONES = { light: "bg-[#e2e5e8]", dark: "bg-[#23292d]" } as const;

/** A phone or a browser window with a page in it, and the real widget on that page. */
export function WidgetStage({ device, look, theme, ...rest }: StageProps) {
  const isPhone = device === "phone";
  const position = theme?.position ?? "bottom_right";
  return (
    <div
      data-testid="stage"
      className={cx("relative mx-auto w-full overflow-hidden border-line-strong", PAGES[look], isPhone ? "h-[min(40rem,var(--stage,40rem))] min-h-[26rem] max-w-[22.5rem] rounded-[2rem] border-[6px]" : "h-[36rem] rounded-lg border")}
    >
      {!isPhone && <WindowBar look={look} />}
      <Bones look={look} />
      <div
        className={cx(
          "absolute flex max-h-full overflow-y-auto",
          isPhone ? "inset-x-0 bottom-0" : position === "center" ? "inset-0 items-center justify-center p-3" : "bottom-3 w-[min(24.5rem,calc(100%-1.5rem))]",
          !isPhone && position === "bottom_left" && "left-3",
          !isPhone && position === "bottom_right" && "right-3",
        )}
      >
        <Drawn look={look} theme={theme} isPhone={isPhone} {...rest} />
      </div>
    </div>
  );
}

type DrawnProps = Omit<StageProps, "device"> & { isPhone: boolean };

function Drawn({ content, look, theme, isPhone, startAt, run = 0, onRestart }: DrawnProps) {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef("");
  const [closed, setClosed] = useState(false);
  useEffect(() => {
    const container = box.current;
    if (!container || content.questions.length === 0) return;
    setClosed(false);
    let leaving = false;
    const survey = renderSurvey({
      content,
      values: PREVIEW_VALUES,
      container,
      theme: { ...theme, appearance: look },
      random: dice(run),
      ...(startAt && { startAt }),
      onClose: () => !leaving && setClosed(true),
    });
    const host = container.lastElementChild as HTMLElement;
    if (isPhone) host.dataset["inline"] = "sheet";
    // While somebody types, the card changes in place; it only moves when it is shown anew.
    const now = `${startAt} ${run} ${look} ${isPhone}`;
    if (drawn.current === now) for (const animation of host.shadowRoot?.getAnimations() ?? []) animation.finish();
    drawn.current = now;
    return () => {
      leaving = true;
      survey.destroy();
    };
  }, [content, look, theme, isPhone, startAt, run]);
  if (content.questions.length === 0) return <p className={cx("w-full p-6 text-center text-sm", look === "dark" ? "text-[#aab1bd]" : "text-[#59616d]")}>The first question will appear here.</p>;
  return (
    <>
      <div ref={box} className={cx("w-full", closed && "hidden")} />
      {closed && onRestart && <div className="flex w-full justify-center p-6"><Button size="sm" onClick={onRestart}>Closed. Show it again</Button></div>}
    </>
  );
}

/** Shuffles the same way while somebody types; anew with each run. */
function dice(seed: number): () => number {
  let state = seed * 7_919 + 17;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

function WindowBar({ look }: { look: "light" | "dark" }) {
  return (
    <div aria-hidden className={cx("flex h-7 items-center gap-1.5 px-3", BONES[look])}>
      {[0, 1, 2].map((dot) => <span key={dot} className="size-2 rounded-full bg-[#9aa3a9]" />)}
    </div>
  );
}

/** Lines where a page would have words. */
function Bones({ look }: { look: "light" | "dark" }) {
  return (
    <div aria-hidden className="flex flex-col gap-3 p-5">
      <span className={cx("h-5 w-2/5 rounded", BONES[look])} />
      {["w-full", "w-11/12", "w-4/5", "w-full", "w-3/5"].map((width, at) => <span key={at} className={cx("h-2.5 rounded", width, BONES[look])} />)}
    </div>
  );
}
