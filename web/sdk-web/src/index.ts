import { createSonde } from "./sonde.ts";

export type {
  Answer,
  Answers,
  Attributes,
  EventName,
  Listener,
  Proof,
  Properties,
  SondeEvents,
  TriggerResult,
} from "@sonde/sdk-core";
export type { Theme } from "@sonde/widget";
export type { InitOptions, Sonde } from "./sonde.ts";

/** The SDK. Importing it does nothing, on a server as in a browser. */
export const sonde = /* @__PURE__ */ createSonde(() => import("@sonde/widget"), () => import("./stream.ts"));
