/** Answers that take their time. */

import { settle } from "../harness/mod.ts";

/** Answers are given by the test, one after the other. */
export class Later<T> {
  readonly open: { answer: (value: T) => void; fail: (error: Error) => void }[] = [];

  ask(): Promise<T> {
    return new Promise((answer, fail) => this.open.push({ answer, fail }));
  }

  async answer(value: T): Promise<void> {
    this.open.shift()!.answer(value);
    await settle();
  }

  async fail(): Promise<void> {
    this.open.shift()!.fail(new Error("away"));
    await settle();
  }
}
