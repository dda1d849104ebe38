/** Names for hooks: no two have the same, and those that stay keep theirs. */

import type { Hook } from "../../hook/hook.ts";

export class FreeIds {
  readonly #taken: Set<string>;

  /** Those that stay. */
  constructor(hooks: readonly Hook[]) {
    this.#taken = new Set(hooks.map(({ id }) => id));
  }

  /** The name, or with a number when it is taken. */
  free(name: string): string {
    let id = name;
    for (let i = 2; this.#taken.has(id); i++) id = `${name}-${i}`;
    this.#taken.add(id);
    return id;
  }
}
