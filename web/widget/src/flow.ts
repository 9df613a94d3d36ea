import type { Answer, Answers, Question } from "./content.ts";
import { after, walk } from "./logic.ts";
import type { Values } from "./values.ts";

/** Where the user is and what was answered. Pure state, no screen. */
export class Flow {
  readonly #questions: readonly Question[];
  readonly #draws: (question: Question) => boolean;
  readonly #values: Values;
  #index: number;
  #passed = 0;
  #given: Answers = {};

  /** `draws` tells which questions can be asked; the others are passed over as unanswered. */
  constructor(questions: readonly Question[], draws: (question: Question) => boolean, startAt?: string, values: Values = {}) {
    this.#questions = questions;
    this.#values = values;
    this.#draws = draws;
    const first = questions.findIndex((question) => question.id === startAt);
    this.#passed = questions.slice(0, Math.max(first, 0)).filter(draws).length;
    this.#index = this.#drawn(Math.max(first, 0));
  }

  get question(): Question {
    return this.#questions[this.#index] as Question;
  }

  /** True when there is nothing (more) to ask. */
  get isOver(): boolean {
    return this.#index >= this.#questions.length;
  }

  /** 1 for the first question on the way. */
  get position(): number {
    return this.#passed + 1;
  }

  /** How many questions the way has, if no rule shortens what is to come. */
  get total(): number {
    return this.position + this.#questions.slice(this.#index + 1).filter(this.#draws).length;
  }

  /** Whether the survey ends here, as far as the answer so far tells. */
  get isLast(): boolean {
    const undecided = this.question.required && !this.answer;
    return undecided ? this.position === this.total : this.#next() >= this.#questions.length;
  }

  get answers(): Answers {
    return this.#given;
  }

  get answer(): Answer | undefined {
    return this.#given[this.question.id];
  }

  /** Sets or clears the answer to the question on screen. False when nothing changed. */
  give(answer: Answer | undefined): boolean {
    const before = this.answer;
    if (JSON.stringify(before) === JSON.stringify(answer)) return false;
    const { [this.question.id]: _, ...rest } = this.#given;
    this.#given = answer ? { ...rest, [this.question.id]: answer } : rest;
    return true;
  }

  /** False when that was the last question. */
  next(): boolean {
    this.#index = this.#next();
    this.#passed += 1;
    return !this.isOver;
  }

  /** What a completed response holds. */
  get final(): Answers {
    return walk(this.#questions, this.#given, this.#values).answers;
  }

  #next(): number {
    return this.#drawn(after(this.#questions, this.#index, this.#given, this.#values));
  }

  #drawn(index: number): number {
    let at = index;
    while (at < this.#questions.length && !this.#draws(this.#questions[at] as Question)) at = after(this.#questions, at, this.#given, this.#values);
    return at;
  }
}
