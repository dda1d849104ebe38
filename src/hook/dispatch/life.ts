/** How hooks begin and end. */

import { textOf } from "../../core/error_text.ts";
import { HookError } from "../error.ts";
import type { Hook, HookHost } from "../hook.ts";
import type { HookEvent } from "./events.ts";
import type { Patience } from "./patience.ts";

/** A method of a hook threw, or did not answer in time. */
export type ReportFailure = (hook: Hook, event: HookEvent, error: unknown) => void;

export class Life {
  /** Their `init` has not succeeded. */
  readonly #unready: WeakSet<Hook> = new WeakSet();
  /** They were told to end. */
  readonly #stopped: WeakSet<Hook> = new WeakSet();
  readonly #patience: Patience;
  readonly #report: ReportFailure;

  constructor(patience: Patience, report: ReportFailure) {
    this.#patience = patience;
    this.#report = report;
  }

  /** It is there, once more perhaps. */
  begin(hook: Hook): void {
    this.#stopped.delete(hook);
  }

  /** Its `init` is still to come. */
  postpone(hook: Hook): void {
    if (hook.init !== undefined) this.#unready.add(hook);
  }

  /** Lets a hook get ready; throws a `HookError`. */
  async init(hook: Hook, host: HookHost): Promise<void> {
    if (hook.init === undefined) return;
    this.#unready.add(hook);
    try {
      await hook.init(host);
      this.#unready.delete(hook);
    } catch (error) {
      throw new HookError(`Cannot start hook "${hook.id}": ${textOf(error)}`, hook.id, { cause: error });
    }
  }

  /** Lets a hook end, once, but does not wait for ever; what it throws is reported. */
  async stop(hook: Hook, timeout: number): Promise<void> {
    // (What never got ready has nothing to end.)
    if (this.#unready.has(hook) || this.#stopped.has(hook) || hook.onStopped === undefined) return;
    this.#stopped.add(hook);
    try {
      await this.#patience.limit(hook.onStopped(), timeout);
    } catch (error) {
      this.#report(hook, "onStopped", error);
    }
  }
}
