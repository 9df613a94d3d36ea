import type { Survey } from "../../api/contract.ts";
import { saveDraft } from "../api.ts";
import { Autosave, type SaveState } from "../model/autosave.ts";
import { asDocument, type DocumentError, type SurveyDocument } from "../model/document.ts";
import { begin, change, type History, redo, undo } from "../model/history.ts";

export interface DraftState {
  readonly history: History<SurveyDocument>;
  readonly errors: readonly DocumentError[];
  readonly save: SaveState;
}

/** One open draft: its document with undo, what the server says about it, and whether it is saved. */
export class DraftStore {
  readonly #listeners = new Set<() => void>();
  readonly #save: (document: SurveyDocument, revision: number) => ReturnType<typeof saveDraft>;
  #autosave: Autosave<SurveyDocument>;
  #state: DraftState;

  constructor(workspace: string, survey: Survey) {
    this.#save = (document, revision) => saveDraft(workspace, survey.id, document, revision);
    const document = asDocument(survey.draft);
    this.#autosave = this.#keep(document, survey.draft_revision);
    this.#state = { history: begin(document), errors: survey.draft_errors, save: this.#autosave.state };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): DraftState => this.#state;

  get document(): SurveyDocument {
    return this.#state.history.present;
  }

  get isDirty(): boolean {
    return this.#autosave.isDirty;
  }

  /** `about` names the field that is typed in, so that one undo takes the typing back. */
  edit(edit: (document: SurveyDocument) => SurveyDocument, about: string | null = null): void {
    this.#show(change(this.#state.history, edit(this.document), Date.now(), about));
  }

  undo(): void {
    this.#show(undo(this.#state.history));
  }

  redo(): void {
    this.#show(redo(this.#state.history));
  }

  /** Takes back the edit that led to `after`: by undo if nothing came since, else by `repair`. */
  takeBack(after: SurveyDocument, repair: (document: SurveyDocument) => SurveyDocument): void {
    if (this.document === after) this.undo();
    else this.edit(repair);
  }

  flush(): Promise<boolean> {
    return this.#autosave.flush();
  }

  /** The server's draft takes the place of this one; undo brings this one back. */
  load(survey: Survey): void {
    const document = asDocument(survey.draft);
    this.#autosave.stop();
    this.#autosave = this.#keep(document, survey.draft_revision);
    this.#set({ history: change(this.#state.history, document, Date.now()), errors: survey.draft_errors, save: this.#autosave.state });
  }

  /** This draft takes the place of the server's. */
  overwrite(revision: number): Promise<boolean> {
    return this.#autosave.overwrite(revision);
  }

  /** A step such as publishing may have moved the revision on. */
  follow(survey: Survey): void {
    if (this.isDirty || survey.draft_revision === this.#autosave.revision) return;
    this.#autosave.stop();
    this.#autosave = this.#keep(this.document, survey.draft_revision);
  }

  #show(history: History<SurveyDocument>): void {
    this.#set({ ...this.#state, history });
    this.#autosave.change(history.present);
  }

  #keep(document: SurveyDocument, revision: number): Autosave<SurveyDocument> {
    return new Autosave(document, revision, {
      save: this.#save,
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      now: () => Date.now(),
      changed: (save, errors) => this.#set({ ...this.#state, save, errors: errors ?? this.#state.errors }),
    });
  }

  #set(state: DraftState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
