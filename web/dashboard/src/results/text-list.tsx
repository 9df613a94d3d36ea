import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useState } from "react";
import type { QuestionResult, TextAnswer } from "../api/contract.ts";
import { texts as textsQuery } from "../api/results.ts";
import { count } from "../lib/number.ts";
import { useSearchBox } from "../lib/use-search-box.ts";
import { Button, Failed, Input, SkeletonRows, Time } from "../ui/index.ts";

type Props = { w: string; surveyId: string; question: string; texts: NonNullable<QuestionResult["texts"]> };

/** What people wrote: the latest few, then all of it, searchable. */
export function TextList({ w, surveyId, question, texts }: Props) {
  const [search, setSearch] = useState("");
  const [all, setAll] = useState(false);
  const [text, setText] = useSearchBox(search, setSearch);
  const open = all || search !== "";
  const query = useInfiniteQuery({ ...textsQuery(w, surveyId, question, search), enabled: open });
  const found = query.data?.pages.flatMap((page) => page.items) ?? [];
  const items = open ? found : texts.latest;
  return (
    <div className="flex flex-col gap-3">
      <div className="relative max-w-xs">
        <Search size={14} aria-hidden className="absolute top-1/2 left-2.5 -translate-y-1/2 text-ink-3" />
        <Input type="search" aria-label="Search the texts" placeholder="Search the texts" className="pl-8" value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {open && query.error ? <Failed error={query.error} retry={() => query.refetch()} /> : open && query.isPending ? <SkeletonRows rows={3} /> : <Texts items={items} search={search} />}
      {!open && texts.count > texts.latest.length && <div><Button size="sm" onClick={() => setAll(true)}>Show all {count(texts.count)}</Button></div>}
      {open && query.hasNextPage && <div><Button size="sm" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button></div>}
    </div>
  );
}

function Texts({ items, search }: { items: TextAnswer[]; search: string }) {
  if (items.length === 0) return <p className="text-ink-2">{search ? `No text contains “${search}”.` : "No texts yet."}</p>;
  return (
    <ul className="divide-y divide-line">
      {items.map((item) => (
        <li key={item.display_id} className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 py-2">
          <p className="max-w-prose min-w-0 flex-1 basis-64 whitespace-pre-line wrap-anywhere">{item.text}</p>
          <Link from="/surveys/$surveyId/results" search={(old) => ({ ...old, response: item.display_id })} resetScroll={false} className="text-sm text-ink-3 hover:text-ink hover:underline">
            <Time at={item.at} /><span className="sr-only">, open the response</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
