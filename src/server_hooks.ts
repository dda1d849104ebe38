/** The life of hooks on a server: started before they are asked, ended when they are asked no more. */

import type { Broker } from "./broker/broker.ts";
import type { Hook } from "./hook.ts";
import { HookError } from "./hook_error.ts";

/** How long a hook that is removed may take to end. */
const PATIENCE_MS = 1500;

export class ServerHooks {
  readonly #broker: Broker;
  #started = false;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Lets those that were added before get ready, in their order; throws a `HookError`. */
  async start(): Promise<void> {
    this.#started = true;
    const { hooks } = this.#broker;
    for (const hook of hooks.all) await hooks.init(hook, this.#broker.hostFor(hook));
  }

  async add(hook: Hook): Promise<void> {
    this.#broker.hooks.refuseSecond(hook);
    if (this.#started) await this.#init(hook);
    else this.#broker.hooks.postpone(hook);
    this.#broker.addHook(hook);
  }

  async remove(hook: Hook): Promise<boolean> {
    if (!this.#broker.removeHook(hook)) return false;
    if (this.#started) await this.#broker.hooks.stop(hook, PATIENCE_MS);
    return true;
  }

  async replace(hook: Hook, replacement: Hook): Promise<void> {
    const { hooks } = this.#broker;
    if (!hooks.all.includes(hook)) {
      throw new HookError(`Cannot replace hook "${hook.id}": it is not there`, hook.id);
    }
    hooks.refuseSecond(replacement);
    if (this.#started) await this.#init(replacement);
    else hooks.postpone(replacement);
    this.#broker.addHook(replacement, hook);
    if (this.#started) await hooks.stop(hook, PATIENCE_MS);
  }

  async #init(hook: Hook): Promise<void> {
    await this.#broker.hooks.init(hook, this.#broker.hostFor(hook));
  }
}
