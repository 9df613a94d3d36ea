import type { ReactNode } from "react";
import type { QuestionResult } from "../api/contract.ts";
import { type Bar, Bars, Columns, Strip } from "../charts/bars.tsx";
import { Chart, type ChartTable } from "../charts/chart.tsx";
import { count, percent, plural } from "../lib/number.ts";
import { Card } from "../ui/index.ts";
import { TextList } from "./text-list.tsx";

export type BandTone = "bad" | "warn" | "good";

/** Where a score from 0 to 10 belongs. */
export function npsBand(score: number): BandTone {
  return score <= 6 ? "bad" : score <= 8 ? "warn" : "good";
}

type Props = { n: number; w: string; surveyId: string; question: QuestionResult };

export function QuestionCard({ n, w, surveyId, question }: Props) {
  return (
    <Card>
      <Body
        w={w}
        surveyId={surveyId}
        question={question}
        heading={
          <>
            <h2 className="text-lg font-semibold wrap-anywhere">{n}. {question.title}</h2>
            <p className="text-sm text-ink-2">{plural(question.answered, "answer")}</p>
          </>
        }
      />
    </Card>
  );
}

type BodyProps = Omit<Props, "n"> & { heading: ReactNode };

function Body({ w, surveyId, question, heading }: BodyProps) {
  const { nps, choices, scale, texts, answered } = question;
  if (answered > 0 && nps) return <Nps title={question.title} nps={nps} answered={answered} heading={heading} />;
  if (answered > 0 && choices) return <Choices question={question} choices={choices} heading={heading} />;
  if (answered > 0 && scale) return <Scale title={question.title} scale={scale} answered={answered} heading={heading} />;
  return (
    <>
      <div className="mb-3">{heading}</div>
      {answered > 0 && texts ? (
        <TextList w={w} surveyId={surveyId} question={question.id} texts={texts} />
      ) : (
        <p className="text-ink-2">{answered === 0 ? "Nobody has answered this question yet." : "Answers of this type are in the response table."}</p>
      )}
    </>
  );
}

function Figure({ value, name }: { value: string; name: string }) {
  return (
    <p>
      <span className="block text-2xl font-semibold tabular-nums">{value}</span>
      <span className="text-sm text-ink-3">{name}</span>
    </p>
  );
}

type NpsProps = { title: string; nps: NonNullable<QuestionResult["nps"]>; answered: number; heading: ReactNode };

function Nps({ title, nps, answered, heading }: NpsProps) {
  const score = typeof nps.score !== "number" ? "–" : `${nps.score > 0 ? "+" : ""}${Math.round(nps.score)}`;
  const bands: Bar[] = [
    { key: "detractors", label: "Detractors (0–6)", value: nps.detractors, tone: "bad" as const },
    { key: "passives", label: "Passives (7–8)", value: nps.passives, tone: "warn" as const },
    { key: "promoters", label: "Promoters (9–10)", value: nps.promoters, tone: "good" as const },
  ].map((band) => ({ ...band, text: `${count(band.value)} · ${percent(band.value, answered)}` }));
  const bars: Bar[] = nps.counts.map((value, at) => ({ key: String(at), label: String(at), value, text: count(value), tone: npsBand(at) }));
  return (
    <Chart title={title} heading={heading} aside={<Figure value={score} name="Net Promoter Score" />} table={valueTable("Score", bars, answered)}>
      <div className="flex flex-col gap-5">
        <Strip label="Bands" parts={bands} />
        <Columns label="Answers by score" bars={bars} />
      </div>
    </Chart>
  );
}

type ScaleProps = { title: string; scale: NonNullable<QuestionResult["scale"]>; answered: number; heading: ReactNode };

function Scale({ title, scale, answered, heading }: ScaleProps) {
  const bars: Bar[] = scale.counts.map(({ value, count: n }) => ({ key: String(value), label: String(value), value: n, text: count(n) }));
  const average = typeof scale.average !== "number" ? "–" : scale.average.toFixed(2);
  return (
    <Chart title={title} heading={heading} aside={<Figure value={average} name="Average" />} table={valueTable("Value", bars, answered)}>
      <Columns label="Answers by value" bars={bars} />
    </Chart>
  );
}

type ChoicesProps = { question: QuestionResult; choices: NonNullable<QuestionResult["choices"]>; heading: ReactNode };

function Choices({ question, choices, heading }: ChoicesProps) {
  const bars: Bar[] = choices.map((choice) => ({ key: choice.id, label: choice.label, value: choice.count, text: `${count(choice.count)} · ${percent(choice.share)}` }));
  const rows = choices.map((choice) => [choice.label, count(choice.count), percent(choice.share)]);
  return (
    <>
      <Chart title={question.title} heading={heading} table={{ columns: ["Choice", "Count", "Share"], rows }}>
        <Bars label={question.title} bars={bars} max={question.answered} />
      </Chart>
      {Boolean(question.other_texts) && <p className="mt-3 text-sm text-ink-2">{plural(question.other_texts ?? 0, "person", "people")} wrote their own words; they are in the response table.</p>}
    </>
  );
}

function valueTable(name: string, bars: Bar[], answered: number): ChartTable {
  return { columns: [name, "Count", "Share"], rows: bars.map((bar) => [bar.label, bar.text, percent(bar.value, answered)]) };
}
