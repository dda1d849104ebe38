/** The subscriptions of the program itself, by filter and number. */

import { CodedRangeError, CodedTypeError } from "../core/errors.ts";
import type { Broker } from "../broker/broker.ts";
import { deliverAgain } from "../broker/delivery/deliver.ts";
import { clientFields } from "../broker/ends/ended.ts";
import type { Client } from "../hook/client.ts";
import { checkOptions, checkString, described, isClass, type Shape } from "../core/misuse.ts";
import { textOf } from "../core/error_text.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import { PacketType, type SubscribeOptions } from "../packets/types.ts";
import { isShared } from "../topics/names.ts";
import { checkFilter, quoted } from "./checks.ts";
import { Dispatcher } from "./dispatcher.ts";
import { InlineSession, type InlineSessionHost } from "./inline_session.ts";
import {
  Handle,
  type InlineHandler,
  type InlineSubscribeOptions,
  type InlineSubscription,
} from "./subscription.ts";

const shape: Shape<InlineSubscribeOptions> = { id: "number", noLocal: "boolean", retained: "boolean" };

export class InlineSubscriptions implements InlineSessionHost {
  readonly broker: Broker;
  readonly #client: Client;
  readonly #dispatcher: Dispatcher;
  readonly #sessions: Map<string, Map<number, InlineSession>> = new Map();
  #made = 0;
  /** The server has its data: hooks may be told and retained messages looked up. */
  #open = false;
  /** Those made before that want retained messages. */
  #early: InlineSession[] = [];
  /** How often a message was not for a subscription because the program published it. */
  skipped = 0;

  constructor(broker: Broker, client: Client) {
    this.broker = broker;
    this.#client = client;
    this.#dispatcher = new Dispatcher((filter, error) => {
      broker.events.tell("handler-failed", { ...clientFields(client), filter, error: textOf(error) });
    });
  }

  wake(session: InlineSession): void {
    this.#dispatcher.wake(session);
  }

  passedOver(): void {
    this.skipped++;
  }

  /** Handlers are running, or messages wait for them. */
  get busy(): boolean {
    for (const byId of this.#sessions.values()) {
      for (const session of byId.values()) if (session.busy) return true;
    }
    return false;
  }

  subscribe(filter: string, handler: InlineHandler, options: InlineSubscribeOptions): InlineSubscription {
    const what = `Cannot subscribe to ${quoted(filter)}`;
    checkFilter(what, filter, this.broker.limits);
    if (typeof handler !== "function" || isClass(handler)) {
      throw new CodedTypeError(
        "argument-invalid",
        `${what}: expected a function as its handler, got ${described(handler)}`,
      );
    }
    checkOptions("subscribe", options, shape);
    const { id = --this.#made, noLocal = false, retained = true } = options;
    if (options.id !== undefined && (!Number.isSafeInteger(id) || id < 0)) {
      throw new CodedRangeError(
        "argument-invalid",
        `${what} with id ${id}: expected a whole number from 0 on`,
      );
    }
    if (noLocal && isShared(filter)) {
      throw new CodedTypeError(
        "argument-invalid",
        `${what} with noLocal: a shared subscription cannot have it`,
      );
    }
    const handle = new Handle(filter, id, handler, (ended) => this.#remove(ended));
    const session = this.#sessions.get(filter)?.get(id) ?? this.#add(handle);
    if (session.handle !== handle) this.#replace(session, handle);
    session.noLocal = noLocal;
    if (retained && !isShared(filter)) {
      if (this.#open) session.replayRetained();
      else this.#early.push(session);
    }
    return handle;
  }

  #add(handle: Handle): InlineSession {
    const { filter, id } = handle;
    const session = new InlineSession(this, handle);
    session.client = this.#client;
    let byId = this.#sessions.get(filter);
    if (byId === undefined) this.#sessions.set(filter, byId = new Map());
    byId.set(id, session);
    // (No acknowledgement is needed within a process: QoS 0 takes the shortest way.)
    this.broker.sessions.subscribe(session, asked(filter), 0, 0);
    if (this.#open) this.#tellSubscribed(filter);
    return session;
  }

  /** Another handler for what is there and for what waits; the old one is not waited for. */
  #replace(session: InlineSession, handle: Handle): void {
    session.handle.retire();
    session.handle = handle;
    session.awaited = null;
    this.wake(session);
  }

  /** All of the filter, or the one with that number. */
  unsubscribe(filter: string, id?: number): boolean {
    if (id !== undefined && typeof id !== "number") {
      throw new CodedTypeError(
        "argument-invalid",
        `Cannot unsubscribe from ${quoted(filter)} with id ${described(id)}: expected a number`,
      );
    }
    checkString("Cannot unsubscribe", filter);
    const byId = this.#sessions.get(filter);
    const sessions = [...byId?.values() ?? []].filter((one) => id === undefined || one.handle.id === id);
    for (const { handle } of sessions) handle.unsubscribe();
    return sessions.length > 0;
  }

  #remove({ filter, id }: Handle): void {
    const byId = this.#sessions.get(filter);
    const session = byId?.get(id);
    if (byId === undefined || session === undefined) return;
    byId.delete(id);
    if (byId.size === 0) this.#sessions.delete(filter);
    const group = session.subscription?.group ?? null;
    this.broker.sessions.unsubscribe(session, filter);
    const rest = session.end();
    if (group !== null && group.members.length > 0) {
      for (const message of rest) deliverAgain(this.broker, message, group);
    }
    if (this.#open) this.#tellUnsubscribed(filter);
  }

  #tellSubscribed(filter: string): void {
    const { hooks, sessions } = this.broker;
    if (hooks.on.onSubscribed.length === 0) return;
    hooks.notify(
      "onSubscribed",
      this.#client,
      {
        type: PacketType.SUBSCRIBE,
        packetId: 0,
        subscriptions: [asked(filter)],
        properties: NO_PROPERTIES,
      },
      [0],
      [sessions.subscribers(filter)],
    );
  }

  #tellUnsubscribed(filter: string): void {
    const { hooks, sessions } = this.broker;
    if (hooks.on.onUnsubscribed.length === 0) return;
    hooks.notify(
      "onUnsubscribed",
      this.#client,
      { type: PacketType.UNSUBSCRIBE, packetId: 0, filters: [filter], properties: NO_PROPERTIES },
      [0],
      [sessions.subscribers(filter)],
    );
  }

  /** The server has its data and its hooks are ready. */
  open(): void {
    this.#open = true;
    for (const [filter, byId] of this.#sessions) {
      for (let i = 0; i < byId.size; i++) this.#tellSubscribed(filter);
    }
    for (const session of this.#early) if (!session.ended) session.replayRetained();
    this.#early = [];
  }

  /** The server is about to close: what waits for handlers is given to them, but no more is fetched. */
  close(): void {
    for (const byId of this.#sessions.values()) for (const session of byId.values()) session.endReplay();
  }

  /** All of them end. */
  end(): void {
    for (const filter of [...this.#sessions.keys()]) this.unsubscribe(filter);
  }
}

function asked(filter: string): SubscribeOptions {
  return { filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 };
}
