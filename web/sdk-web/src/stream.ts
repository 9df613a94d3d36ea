import type { Firing, Listening } from "@sonde/sdk-core";

/** How long a firing counts as of now. */
const FIRED_MS = 30 * 60_000;
const AGAIN_MS = 5_000;
const AGAIN_LONGEST_MS = 5 * 60_000;
/** Many tabs hear of a new config at the same time. */
const CONFIG_SPREAD_MS = 5_000;
/** How often to look whether the user is another. */
const LOOK_MS = 2_000;

/** Listens while the page is visible, as whoever the user is, and asks again about what was fired on this page. */
export function listen(
  origin: string,
  log: (message: string, detail?: unknown) => void,
  { session, config }: Listening,
  fired: ReadonlyMap<string, Firing>,
  ask: (firing: Firing) => void,
): void {
  let source: EventSource | null = null;
  let whom: object | null = null;
  let notBefore = 0;
  let failures = 0;
  let opening = false;

  const close = () => {
    source?.close();
    source = null;
  };
  const failed = () => {
    close();
    failures += 1;
    notBefore = Date.now() + Math.min(AGAIN_MS * 2 ** failures, AGAIN_LONGEST_MS) * (0.5 + Math.random() / 2);
  };
  const activation = (event: MessageEvent<string>) => {
    const { triggers } = JSON.parse(event.data) as { triggers: string[] };
    for (const name of triggers) {
      const firing = fired.get(name);
      if (!firing || firing.url !== location.origin + location.pathname || Date.now() - firing.at > FIRED_MS) continue;
      log(`asking again about ${name}`);
      ask(firing);
    }
  };
  const open = async () => {
    const user = (whom = session.current);
    const { body } = await session.call("POST", "/ticket");
    const ticket = (body as { stream_ticket?: unknown } | null)?.stream_ticket;
    if (typeof ticket !== "string" || user !== session.current || document.hidden) return failed();
    const url = new URL("/api/v1/client/stream", origin);
    url.searchParams.set("ticket", ticket);
    const opened = (source = new EventSource(url.href));
    opened.onopen = () => {
      failures = 0;
    };
    // The browser would come back by itself, with a ticket that is stale some day.
    opened.onerror = () => opened === source && failed();
    opened.addEventListener("activation", activation);
    opened.addEventListener("config", () => setTimeout(() => void config.refresh(), Math.random() * CONFIG_SPREAD_MS));
  };
  const look = () => {
    if (source && (document.hidden || whom !== session.current)) close();
    if (source || opening || document.hidden || Date.now() < notBefore) return;
    opening = true;
    open()
      .catch(failed)
      .finally(() => (opening = false));
  };
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_MS);
  look();
}
