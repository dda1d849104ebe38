/** What has been looked at so far, and what came of it. */

import type { ExplainedRule } from "../../hook/explained.ts";
import type { Reason } from "../../packets/reason.ts";
import type { ExplainStep } from "./types.ts";

/** Why it is refused. */
export interface Denial {
  readonly reason: Reason;
  /** How it goes on: an answer that says no, or the end of the connection. */
  readonly how: "answered" | "ended";
  readonly text: string;
  /** What a DISCONNECT says as its Reason String, where that is not the text of the reason. */
  readonly said?: string;
  readonly hook?: string | undefined;
  readonly rule?: ExplainedRule | undefined;
}

export class Trail {
  readonly steps: ExplainStep[] = [];
  /** Nothing after it counts. */
  denial: Denial | null = null;
  /** What nobody can say; null: everything is known. */
  doubt: string | null = null;
  /** Who has let it through. */
  allowedBy: { readonly hook: string; readonly rule: ExplainedRule | undefined } | null = null;
  readonly #now: () => number;
  readonly #began: number;

  /** `now`: milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  get microseconds(): number {
    return Math.round((this.#now() - this.#began) * 1000);
  }

  add(
    step: ExplainStep["step"],
    answer: ExplainStep["answer"],
    text: string,
    more: Partial<ExplainStep> = {},
  ): void {
    this.steps.push({ step, answer, text, at: this.microseconds, ...more });
  }

  /** The first one counts. */
  deny(step: ExplainStep["step"], denial: Denial, more: Partial<ExplainStep> = {}): void {
    this.add(step, "deny", denial.text, more);
    this.denial ??= denial;
  }
}
