/** Listeners that are replaced and removed while the server runs. */

import type { Broker } from "../broker/broker.ts";
import { faultOf } from "../core/log/fault.ts";
import { CodedError } from "../core/errors.ts";
import { Reasons } from "../packets/reason.ts";
import { checkListener } from "../listeners/check.ts";
import type { Listener } from "../listeners/listener.ts";
import { ListenerError } from "../listeners/listener_error.ts";
import { portIn } from "../listeners/place.ts";
import type { ServerListeners } from "./listener_life.ts";

/** How a listener is removed. */
export interface RemoveOptions {
  /** End its connections as well; MQTT 5 clients are told "Administrative action". Default false: they stay until they leave. */
  readonly closeClients?: boolean;
}

/**
 * How a listener has taken the place of another one. `kept`: it goes on with what that one had open, nobody noticed. `moved`: it
 * was open before that one was closed. `reopened`: that one was closed first, as both want the same address.
 */
export type Replaced = "kept" | "moved" | "reopened";

export class ListenerChanges {
  readonly #broker: Broker;
  readonly #listeners: ServerListeners;
  /** Being opened, replaced or removed. */
  readonly #changing: Set<Listener> = new Set();
  #started = false;

  constructor(broker: Broker, listeners: ServerListeners) {
    this.#broker = broker;
    this.#listeners = listeners;
  }

  /** Those that are added from now on are to be opened at once. */
  get started(): boolean {
    return this.#started;
  }

  /** In their order, those that are added meanwhile too. */
  async openAll(): Promise<void> {
    this.#started = true;
    for (let next = this.#listeners.unopened; next !== undefined; next = this.#listeners.unopened) {
      const listener = next;
      await this.#change(listener, () => this.#listeners.open(listener));
    }
  }

  /** Opens one that was added. When that fails it is forgotten. */
  async open(listener: Listener): Promise<void> {
    await this.#change(listener, async () => {
      try {
        await this.#listeners.open(listener);
      } catch (error) {
        this.#listeners.forget(listener);
        throw error;
      }
    });
  }

  /** False: it is not there. */
  async remove(which: Listener | string, { closeClients = false }: RemoveOptions = {}): Promise<boolean> {
    const listener = this.#which(which);
    if (listener === undefined) return false;
    return await this.#change(listener, async () => {
      const open = this.#listeners.isOpen(listener);
      this.#listeners.forget(listener);
      if (open) await this.#listeners.closeOne(listener);
      if (closeClients) this.#endClients(listener.id);
      return true;
    });
  }

  /** Fails, with everything as it was, when that cannot be. */
  async replace(which: Listener | string, next: Listener): Promise<Replaced> {
    checkListener(next);
    const before = this.#which(which);
    if (before === undefined) {
      const id = typeof which === "string" ? which : which.id;
      throw new ListenerError(`Cannot replace listener "${id}": it is not there`, {
        code: "listener-not-found",
      });
    }
    if (before === next) {
      throw new ListenerError(`Cannot replace listener "${next.id}" by itself`, { code: "listener-exists" });
    }
    if (this.#listeners.ended) {
      throw new CodedError("server-closed", `Cannot replace listener "${before.id}": the server is closed`);
    }
    this.#listeners.refuseSecond(next, before);
    const asked = next.address;
    if (!this.#listeners.isOpen(before)) {
      this.#listeners.exchange(before, next, asked);
      return "moved";
    }
    return await this.#change(before, async () => {
      const same = this.#listeners.samePlace(before, next);
      if (same && await next.takeOver?.(before) === true) {
        this.#listeners.exchange(before, next, asked);
        return "kept";
      }
      const how = same ? await this.#reopen(before, next) : await this.#move(before, next);
      this.#listeners.exchange(before, next, asked);
      if (how === "moved") await this.#listeners.closeOne(before);
      return how;
    });
  }

  // --- one at a time ---

  async #change<T>(listener: Listener, change: () => Promise<T>): Promise<T> {
    if (this.#changing.has(listener)) {
      throw new ListenerError(`Cannot change listener "${listener.id}": it is being changed already`, {
        code: "listener-changing",
      });
    }
    this.#changing.add(listener);
    try {
      return await change();
    } finally {
      this.#changing.delete(listener);
    }
  }

  /** One address may lie within the other, and then the one has to go first. */
  async #move(before: Listener, next: Listener): Promise<Replaced> {
    try {
      await this.#listeners.open(next);
      return "moved";
    } catch (error) {
      const port = portIn(before);
      if (port === null || port !== portIn(next) || this.#listeners.ended) throw error;
      return await this.#reopen(before, next);
    }
  }

  async #reopen(before: Listener, next: Listener): Promise<Replaced> {
    await this.#listeners.closeOne(before);
    try {
      await this.#listeners.open(next);
      return "reopened";
    } catch (error) {
      if (!this.#listeners.ended) await this.#openAgain(before);
      throw error;
    }
  }

  async #openAgain(listener: Listener): Promise<void> {
    try {
      await this.#listeners.open(listener);
    } catch (error) {
      this.#listeners.forget(listener);
      this.#broker.events.note("listener-gone", { listener: listener.id, ...faultOf(error) });
    }
  }

  #endClients(id: string): void {
    const detail = "its listener was removed";
    for (const connection of [...this.#broker.connections]) {
      if (connection.listener !== id) continue;
      connection.disconnect(Reasons.administrativeAction, { code: "disconnected-by-server", detail });
    }
  }

  #which(which: Listener | string): Listener | undefined {
    if (typeof which === "string") return this.#listeners.find(which);
    return this.#listeners.all.includes(which) ? which : undefined;
  }
}
