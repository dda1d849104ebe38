/** Which hooks there are, in their order, and who has come for whom. */

import { CodedTypeError } from "../../core/errors.ts";
import { HookError } from "../error.ts";
import type { Hook } from "../hook.ts";
import type { HookEvent } from "./events.ts";

export class Members {
  #all: readonly Hook[] = [];
  /** They went together with others, at once: whoever was being asked is asked again, of those there are now. */
  readonly #swapped: WeakSet<Hook> = new WeakSet();
  /** Who stands in the place of whom. */
  readonly #successors: WeakMap<Hook, Hook> = new WeakMap();

  get all(): readonly Hook[] {
    return this.#all;
  }

  /** At the end, or in the place of another one. */
  add(hook: Hook, instead?: Hook): void {
    this.refuseSecond(hook, instead);
    const at = instead === undefined ? -1 : this.#all.indexOf(instead);
    this.#all = at < 0 ? [...this.#all, hook] : this.#all.with(at, hook);
    this.#successors.delete(hook);
    if (at >= 0) this.#successors.set(instead!, hook);
  }

  /** These instead of those, at the place of the first of them, in one step; those that are in both lists stay. */
  swap(hooks: readonly Hook[], replacements: readonly Hook[]): void {
    const at = Math.max(0, this.#all.findIndex((hook) => hooks.includes(hook)));
    const rest = this.#all.filter((hook) => !hooks.includes(hook));
    for (const hook of hooks) this.#swapped.add(hook);
    for (const hook of replacements) {
      this.#swapped.delete(hook);
      this.#successors.delete(hook);
    }
    const before = this.#all.slice(0, at).filter((hook) => rest.includes(hook));
    this.#all = [...before, ...replacements, ...rest.slice(before.length)];
  }

  /** Throws when it is there already, or another one has its id. `instead`: the one that goes for it. */
  refuseSecond(hook: Hook, instead?: Hook): void {
    if (this.#all.includes(hook)) {
      throw new HookError(`Cannot add hook "${hook.id}": it is there already`, hook.id, {
        code: "hook-exists",
      });
    }
    if (this.#all.some((other) => other.id === hook.id && other !== instead)) {
      throw new CodedTypeError(
        "hook-exists",
        `Cannot add hook "${hook.id}": there is one with that id already`,
      );
    }
  }

  /** True when it was there. */
  remove(hook: Hook): boolean {
    if (!this.#all.includes(hook)) return false;
    this.#all = this.#all.filter((other) => other !== hook);
    return true;
  }

  /** Whoever is asked instead of it by now: it may have been replaced or removed while another took its time. */
  present(hook: Hook, event: HookEvent): Hook | null {
    let one: Hook | undefined = hook;
    while (one !== undefined && !this.#all.includes(one)) one = this.#successors.get(one);
    return one === undefined || one[event] === undefined ? null : one;
  }

  /** One of them went together with others. */
  wereSwapped(hooks: readonly Hook[]): boolean {
    return hooks.some((hook) => this.#swapped.has(hook));
  }
}
