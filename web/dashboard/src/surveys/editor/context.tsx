import { createContext, useContext, useSyncExternalStore } from "react";
import type { Survey } from "../../api/contract.ts";
import type { DocumentError, SurveyDocument } from "../model/document.ts";
import { surveyRoute } from "../routes.tsx";
import type { EditorSearch } from "../search.ts";
import type { DraftState, DraftStore } from "./store.ts";

export interface Open {
  readonly store: DraftStore;
  readonly survey: Survey;
}

const OpenContext = createContext<Open | null>(null);
export const OpenDraft = OpenContext;

export function useOpen(): Open {
  const open = useContext(OpenContext);
  if (!open) throw new Error("no draft is open");
  return open;
}

export function useDraft(): DraftState & { document: SurveyDocument; store: DraftStore } {
  const { store } = useOpen();
  const state = useSyncExternalStore(store.subscribe, store.state);
  return { ...state, document: state.history.present, store };
}

export function useEdit(): DraftStore["edit"] {
  const { store } = useOpen();
  return (edit, about) => store.edit(edit, about);
}

export function useErrors(): readonly DocumentError[] {
  return useDraft().errors;
}

/** The language being edited: the one in the URL if the survey has it, else the default. */
export function useLanguage(): { language: string; isDefault: boolean; defaultLanguage: string } {
  const { document } = useDraft();
  const { lang } = surveyRoute.useSearch();
  const language = lang && document.languages?.includes(lang) ? lang : document.default_language;
  return { language, isDefault: language === document.default_language, defaultLanguage: document.default_language };
}

/** Changes what the URL says about the editor. `replace` for what is not a step back. */
export function useGo(): (search: EditorSearch, replace?: boolean) => void {
  const navigate = surveyRoute.useNavigate();
  return (search, replace = true) => void navigate({ to: ".", search: (before) => ({ ...before, ...search }), replace });
}
