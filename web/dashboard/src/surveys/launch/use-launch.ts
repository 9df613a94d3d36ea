import type { Activation, Launch, Trigger } from "../model/document.ts";
import { put } from "../model/edit.ts";
import { useDraft } from "../editor/context.tsx";

type EditLaunch = (edit: (launch: Launch) => Launch, about?: string) => void;

/** The launch part of the draft, and how to change it. */
export function useLaunch(): { launch: Launch; edit: EditLaunch; setActivation: (change: (activation: Activation) => Activation, about?: string) => void } {
  const { document, store } = useDraft();
  const edit: EditLaunch = (change, about) => store.edit((draft) => ({ ...draft, launch: change(draft.launch) }), about ?? null);
  return {
    launch: document.launch,
    edit,
    setActivation: (change, about) => edit((launch) => (launch.activation ? put(launch, "activation", change(launch.activation)) : launch), about),
  };
}

export function withTrigger(triggers: readonly Trigger[], name: string): readonly Trigger[] {
  return triggers.some((trigger) => trigger.name === name) ? triggers : [...triggers, { name }];
}

export function withoutTrigger(triggers: readonly Trigger[], name: string): readonly Trigger[] {
  return triggers.filter((trigger) => trigger.name !== name);
}
