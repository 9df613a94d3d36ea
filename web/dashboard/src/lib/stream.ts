import { useEffect, useEffectEvent, useState } from "react";

export type StreamState = "connecting" | "open" | "lost";

/**
 * Listens to a server-sent stream while the page is visible. The browser reconnects by itself; a stream that was
 * refused outright is tried again after a while. `onOpen` runs at each connection: reload there what was missed.
 */
export function useStream(url: string | null, handlers: Record<string, (data: string) => void>, onOpen?: () => void): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const handle = useEffectEvent((name: string, data: string) => handlers[name]?.(data));
  const opened = useEffectEvent(() => onOpen?.());
  const names = Object.keys(handlers).sort().join(" ");

  useEffect(() => {
    if (!url) return;
    let source: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    function open() {
      const mine = new EventSource(url as string);
      source = mine;
      mine.onopen = () => {
        setState("open");
        opened();
      };
      mine.onerror = () => {
        setState("lost");
        if (mine.readyState === EventSource.CLOSED) retry = setTimeout(open, 5000);
      };
      for (const name of names.split(" ")) mine.addEventListener(name, (event) => handle(name, (event as MessageEvent<string>).data));
    }
    function close() {
      clearTimeout(retry);
      source?.close();
      source = undefined;
    }
    function visibility() {
      if (document.hidden) close();
      else if (!source) open();
    }
    visibility();
    document.addEventListener("visibilitychange", visibility);
    return () => {
      document.removeEventListener("visibilitychange", visibility);
      close();
    };
  }, [url, names]);
  return state;
}
