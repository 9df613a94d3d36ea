/** Every bound of the core, named once. */
export const API = "/api/v1/client";

/** Trigger names remembered for `trigger_seq`. */
export const SEQUENCE_NAMES = 100;
/** Entries kept in the retry queue; past it the oldest go. */
export const QUEUE_ENTRIES = 200;
/** Items in one batch, as the protocol says. */
export const BATCH_ITEMS = 100;
/** Unsent answers older than this are dropped. */
export const QUEUE_AGE_MS = 7 * 86_400_000;
export const RETRY_FIRST_MS = 2_000;
export const RETRY_LONGEST_MS = 60_000;
/** Pause before the one repetition of a trigger call that got no answer. */
export const TRIGGER_RETRY_MS = 800;
export const SEEN_DELAY_MS = 2_000;
export const POLL_MS = 60_000;
export const POLL_SHORTEST_MS = 5_000;
/** How long a confirmed survey may wait for its widget. */
export const WIDGET_PATIENCE_MS = 15_000;
