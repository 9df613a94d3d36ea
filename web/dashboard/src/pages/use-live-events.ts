import { useQuery, useQueryClient } from "@tanstack/react-query";
import { eventStreamUrl, recentEvents } from "../api/connections.ts";
import type { LiveEvent } from "../api/contract.ts";
import { withEvent } from "../lib/live.ts";
import { useStream } from "../lib/stream.ts";

/** The last events, kept fresh by the server's stream; after a break what was missed is loaded again. */
export function useLiveEvents(w: string, onEvent?: (event: LiveEvent) => void) {
  const client = useQueryClient();
  const options = recentEvents(w);
  const query = useQuery(options);
  const stream = useStream(
    eventStreamUrl(w),
    {
      event: (data) => {
        const event = JSON.parse(data) as LiveEvent;
        client.setQueryData(options.queryKey, (list) => withEvent(list, event));
        onEvent?.(event);
      },
    },
    () => void client.invalidateQueries({ queryKey: options.queryKey }),
  );
  return { query, stream };
}
