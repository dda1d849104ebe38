/** The life of hooks on a server: started before they are asked, ended when they are asked no more. */

import { CodedTypeError } from "../core/errors.ts";
import type { Broker } from "../broker/broker.ts";
import type { Hook } from "../hook/hook.ts";
import { strangeMethods } from "../hook/shape.ts";
import { HookError } from "../hook/error.ts";

/** How long a hook that is removed may take to end. */
const PATIENCE_MS = 1500;

export class ServerHooks {
  readonly #broker: Broker;
  readonly #adding: Set<Hook> = new Set();
  #started = false;
  #warned = false;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Lets those that were added before get ready, in their order; throws a `HookError`. */
  async start(): Promise<void> {
    this.#started = true;
    const { hooks } = this.#broker;
    for (const hook of hooks.all) {
      // (Removed while another one got ready.)
      if (hooks.all.includes(hook)) await hooks.init(hook, this.#broker.hostFor(hook));
    }
  }

  async add(hook: Hook): Promise<void> {
    this.#broker.hooks.refuseSecond(hook);
    this.#warn(hook);
    if (!this.#started) this.#broker.hooks.postpone(hook);
    else if (hook.init !== undefined) await this.#ready(hook);
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
      throw new HookError(`Cannot replace hook "${hook.id}": it is not there`, hook.id, {
        code: "hook-not-found",
      });
    }
    hooks.refuseSecond(replacement, hook);
    this.#warn(replacement);
    if (!this.#started) hooks.postpone(replacement);
    else if (replacement.init !== undefined) await this.#ready(replacement);
    this.#broker.addHook(replacement, hook);
    if (this.#started) await hooks.stop(hook, PATIENCE_MS);
  }

  /** Those that are new get ready before any of them is asked. */
  async swap(hooks: readonly Hook[], replacements: readonly Hook[]): Promise<void> {
    const { all } = this.#broker.hooks;
    const gone = hooks.find((hook) => !all.includes(hook));
    if (gone !== undefined) {
      throw new HookError(`Cannot replace hook "${gone.id}": it is not there`, gone.id, {
        code: "hook-not-found",
      });
    }
    const added = replacements.filter((hook) => !hooks.includes(hook));
    this.#refuseTwins(all.filter((hook) => !hooks.includes(hook)), replacements);
    const ready: Hook[] = [];
    try {
      for (const hook of added) {
        this.#warn(hook);
        if (!this.#started) this.#broker.hooks.postpone(hook);
        else if (hook.init !== undefined) await this.#ready(hook);
        ready.push(hook);
      }
      this.#refuseTwins(this.#broker.hooks.all.filter((hook) => !hooks.includes(hook)), replacements);
    } catch (error) {
      if (this.#started) { for (const hook of ready) await this.#broker.hooks.stop(hook, PATIENCE_MS); }
      throw error;
    }
    this.#broker.swapHooks(hooks, replacements);
    if (!this.#started) return;
    const removed = hooks.filter((hook) => !replacements.includes(hook));
    await Promise.all(removed.map((hook) => this.#broker.hooks.stop(hook, PATIENCE_MS)));
  }

  /** Two with the same name. */
  #refuseTwins(others: readonly Hook[], replacements: readonly Hook[]): void {
    const all = [...others, ...replacements];
    const twin = all.find((hook, i) => all.findIndex(({ id }) => id === hook.id) !== i);
    if (twin === undefined) return;
    throw new CodedTypeError(
      "hook-exists",
      `Cannot add hook "${twin.id}": there is one with that id already`,
    );
  }

  /** There is a door, and if there is nobody who opens it, that is said once. */
  warnOfNobody(): void {
    const { events, hooks } = this.#broker;
    if (this.#warned || hooks.on.onConnectAuthenticate.length + hooks.on.onAuthPacket.length > 0) return;
    this.#warned = true;
    const detail = "no hook answers onConnectAuthenticate, add AllowAll or a hook of your own";
    events.tell("nobody-may-connect", { detail });
  }

  /** It may have meant an event that it does not hear of. */
  #warn(hook: Hook): void {
    for (const { method, meant } of strangeMethods(hook)) {
      const detail = meant === null ? "it is called only if the hook calls it" : `did you mean "${meant}"`;
      this.#broker.events.tell("hook-method-unknown", { hook: hook.id, method, detail });
    }
  }

  /** While running a hook has to be ready before it is asked. */
  async #ready(hook: Hook): Promise<void> {
    const { hooks } = this.#broker;
    if (this.#adding.has(hook)) {
      throw new HookError(`Cannot add hook "${hook.id}": it is being added already`, hook.id, {
        code: "hook-exists",
      });
    }
    if ([...this.#adding].some(({ id }) => id === hook.id)) {
      throw new CodedTypeError(
        "hook-exists",
        `Cannot add hook "${hook.id}": one with that id is being added already`,
      );
    }
    this.#adding.add(hook);
    try {
      await hooks.init(hook, this.#broker.hostFor(hook));
    } finally {
      this.#adding.delete(hook);
    }
    if (!hooks.ended) return;
    await hooks.stop(hook, PATIENCE_MS);
    throw new HookError(`Cannot add hook "${hook.id}": the server was closed meanwhile`, hook.id, {
      code: "server-closed",
    });
  }
}
