export { Client, type TriggerResult } from "./client.ts";
export type { EventName, Listener, SondeEvents } from "./emitter.ts";
export type * from "./ports.ts";
