import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowUp, Inbox } from "lucide-react";
import { useEffect, useEffectEvent, useMemo, useState } from "react";
import type { Results } from "../api/contract.ts";
import { responses, resultsKey } from "../api/results.ts";
import { columnsOf, readColumns, writeColumns } from "../lib/columns.ts";
import { useHidden } from "../lib/deferred.ts";
import { count, plural } from "../lib/number.ts";
import { Button, Card, Empty, Load } from "../ui/index.ts";
import { ColumnChooser } from "./column-chooser.tsx";
import { ResponseGrid } from "./response-grid.tsx";

type Props = {
  w: string;
  surveyId: string;
  results: Results;
  filter: string | undefined;
  /** Grows with each change that the server tells. */
  changes: number;
  chosen: string | undefined;
  columnsText: string | undefined;
  onColumns: (columns: string | undefined) => void;
  onChoose: (id: string | undefined) => void;
};

export function Responses({ w, surveyId, results, filter, changes, chosen, columnsText, onColumns, onChoose }: Props) {
  const client = useQueryClient();
  const options = responses(w, surveyId, filter);
  const query = useInfiniteQuery(options);
  const hidden = useHidden();
  const columns = useMemo(() => columnsOf(results), [results]);
  const visible = useMemo(() => readColumns(columnsText, columns), [columnsText, columns]);
  const loaded = query.data;
  const rows = useMemo(() => (loaded?.pages ?? []).flatMap((page) => page.items).filter((row) => !hidden.has(row.display_id)), [loaded, hidden]);
  const total = loaded?.pages[0]?.total ?? null;
  const pages = loaded?.pages.length ?? 0;
  const { behind, catchUp } = useBehind(
    changes,
    pages,
    () => client.resetQueries({ queryKey: options.queryKey }),
    () => client.invalidateQueries({ queryKey: [...resultsKey(w, surveyId), "responses"] }),
  );

  return (
    <Card
      flush
      title={total === null ? "Responses" : plural(total, "response")}
      actions={
        <>
          {behind && <Button size="sm" look="primary" icon={<ArrowUp size={14} aria-hidden />} onClick={catchUp}>Show the newest</Button>}
          <ColumnChooser columns={columns} chosen={visible.map((column) => column.id)} onChange={(ids) => onColumns(writeColumns(ids, columns))} />
        </>
      }
    >
      <Load query={query} title="The responses could not be loaded">
        {() =>
          rows.length === 0 && !query.hasNextPage ? (
            <Empty icon={<Inbox size={26} />} title={filter ? "No response matches this filter" : "No responses yet"}>
              {filter ? "Remove a condition or widen the dates." : "Each display and its answers become a row here, at once."}
            </Empty>
          ) : (
            <>
              <ResponseGrid rows={rows} columns={visible} chosen={chosen} total={total} more={query.hasNextPage} onChoose={onChoose} onNearEnd={() => { if (query.hasNextPage && !query.isFetching) void query.fetchNextPage(); }} />
              <p className="px-4 py-2 text-sm text-ink-3" aria-live="polite">
                {count(rows.length)}{total !== null && total > rows.length ? ` of ${count(total)}` : ""} loaded{query.hasNextPage ? "; scroll for more" : ""}
              </p>
            </>
          )
        }
      </Load>
    </Card>
  );
}

/** While only the first page is there it follows along; somebody who has scrolled is not thrown back but told. */
function useBehind(changes: number, pages: number, reset: () => unknown, refresh: () => unknown) {
  const [seen, setSeen] = useState(changes);
  const follow = useEffectEvent(() => {
    if (changes === seen || pages > 1) return;
    setSeen(changes);
    void refresh();
  });
  useEffect(() => follow(), [changes, pages]);
  return {
    behind: changes !== seen && pages > 1,
    catchUp: () => {
      setSeen(changes);
      void reset();
    },
  };
}
