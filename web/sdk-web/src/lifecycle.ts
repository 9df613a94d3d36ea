import type { Client } from "@sonde/sdk-core";

/** Tells the core when the page comes and goes. `guard` keeps every failure away from the page. */
export function followPage(client: Client, guard: (call: () => void) => void): void {
  const listen = (target: EventTarget, type: string, call: (event: Event) => void) =>
    target.addEventListener(type, (event) => guard(() => call(event)));

  listen(document, "visibilitychange", () => (document.visibilityState === "hidden" ? client.hide() : client.resume()));
  listen(window, "pagehide", () => client.depart());
  listen(window, "pageshow", (event) => (event as PageTransitionEvent).persisted && client.resume());
  listen(window, "online", () => client.resume());
}
