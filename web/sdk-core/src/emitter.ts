import type { Answers } from "./ports.ts";

export interface SondeEvents {
  /** Once for every firing. False when nothing was shown, so that the product can go on. */
  survey_displayed: { readonly trigger: string; readonly can_display_survey: boolean };
  survey_completed: { readonly survey_id: string; readonly display_id: string; readonly answers: Answers };
  survey_dismissed: { readonly survey_id: string; readonly display_id: string; readonly answers: Answers };
}

export type EventName = keyof SondeEvents;
export type Listener<N extends EventName> = (detail: SondeEvents[N]) => void;

/** Tells listeners; a listener that throws harms neither the others nor the SDK. */
export class Emitter {
  readonly #listeners = new Map<EventName, Set<Listener<never>>>();
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  on<N extends EventName>(name: N, listener: Listener<N>): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    set.add(listener as Listener<never>);
    return () => void set.delete(listener as Listener<never>);
  }

  emit<N extends EventName>(name: N, detail: SondeEvents[N]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as Listener<N>)(detail);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
