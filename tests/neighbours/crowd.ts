/** The crowd's process, from outside. */

import type { Scenario } from "./crowd/scenario.ts";
import type { Given } from "./crowd/world.ts";
import type { CrowdFigures } from "./figures.ts";
import { Helper } from "./helper.ts";

const PREPARE_WITHIN_SECONDS = 180;

export class Crowd {
  readonly #helper: Helper;
  readonly #facts: Record<string, number> = {};
  readonly #notes: string[] = [];
  #failed: string | undefined;

  constructor(scenario: Scenario, given: Given) {
    this.#helper = new Helper("crowd", "crowd/process.ts", [scenario.name, JSON.stringify(given)]);
    this.#helper.onSaid = (said): void => {
      if ("note" in said) this.#notes.push(said.note);
      else if ("fact" in said) this.#facts[said.fact[0]] = said.fact[1];
    };
  }

  /** Waits until it could begin. */
  async prepare(): Promise<void> {
    if (await this.#helper.says("ready", PREPARE_WITHIN_SECONDS) !== undefined) return;
    throw new Error(`The crowd is not prepared after ${PREPARE_WITHIN_SECONDS} s`);
  }

  /** Lets it loose, for so many seconds at the most; the answer is how many it took. */
  async run(limit: number): Promise<number> {
    const startedAt = performance.now();
    this.#helper.order({ run: true });
    const done = await this.#helper.says("done", limit);
    this.#failed = done === undefined ? `it did not come to an end in ${limit} s` : done.failed;
    if (this.#failed !== undefined) this.#notes.push(`The crowd failed: ${this.#failed}`);
    return (performance.now() - startedAt) / 1000;
  }

  get figures(): CrowdFigures {
    return { facts: { ...this.#facts }, notes: [...this.#notes], failed: this.#failed !== undefined };
  }

  kill(): void {
    this.#helper.kill();
  }
}
