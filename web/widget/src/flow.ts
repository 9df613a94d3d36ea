import type { Answer, Answers, Question } from "./content.ts";

/** Where the user is and what was answered. Pure state, no screen. */
export class Flow {
  readonly questions: readonly Question[];
  #index = 0;
  #given: Answers = {};

  constructor(questions: readonly Question[]) {
    this.questions = questions;
  }

  get question(): Question {
    return this.questions[this.#index] as Question;
  }

  get position(): number {
    return this.#index + 1;
  }

  get isLast(): boolean {
    return this.position === this.questions.length;
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
    if (this.isLast) return false;
    this.#index += 1;
    return true;
  }
}
