/** Undo and redo. Typing in one field is one step, until something else changes or the writer rests. */

export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** What the last change was about; changes about the same thing in quick succession are one step. */
  readonly about: string | null;
  readonly changedAt: number;
}

const REST_MS = 1_500;
const STEPS_MAX = 200;

export function begin<T>(present: T): History<T> {
  return { past: [], present, future: [], about: null, changedAt: 0 };
}

export function change<T>(history: History<T>, present: T, now: number, about: string | null = null): History<T> {
  if (present === history.present) return history;
  const continues = about !== null && about === history.about && now - history.changedAt < REST_MS;
  const past = continues ? history.past : [...history.past, history.present].slice(-STEPS_MAX);
  return { past, present, future: [], about, changedAt: now };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], about: null, changedAt: 0 };
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...future] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.present], present: after, future, about: null, changedAt: 0 };
}
