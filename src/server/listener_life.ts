/** The life of listeners on a server: no two of them at one place, opened and closed with it, and what they are given. */

import { faultOf } from "../core/log/fault.ts";
import type { Broker } from "../broker/broker.ts";
import { systemInfo } from "../broker/system_info.ts";
import { CodedError } from "../core/errors.ts";
import type { Figures } from "../core/figures/figures.ts";
import type { LatenessFigures } from "../core/lateness.ts";
import { mosquittoTree } from "../core/figures/mosquitto_tree.ts";
import type { MemoryFigures } from "../core/overload.ts";
import type { SystemInfo } from "../core/system_info.ts";
import type { Listener, ListenerHost } from "../listeners/listener.ts";
import { ListenerError } from "../listeners/listener_error.ts";
import { placeOf } from "../listeners/place.ts";
import { PendingHandshakes, refusedHandshake } from "../runtime/pending_handshakes.ts";
import type { ByteStream, StreamHandler } from "../runtime/stream.ts";
import type { StorageStatus } from "../storage/storage.ts";

export class ServerListeners {
  readonly #broker: Broker;
  readonly #host: ListenerHost;
  readonly #all: Listener[] = [];
  /** The addresses as they were asked for: a bound one may have another port. */
  readonly #asked: Map<Listener, string> = new Map();
  /** Those that were opened, or are being opened. */
  readonly #open: Set<Listener> = new Set();
  /** Those that are being opened. */
  readonly #opening: Set<Listener> = new Set();
  #ended = false;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#host = hostOf(
      broker,
      (stream, listener) => this.accept(stream, listener.id, listener),
      () => this.figures,
    );
  }

  /** In the order in which they were added. */
  get all(): readonly Listener[] {
    return [...this.#all];
  }

  /** MQTT comes in somewhere. */
  get forClients(): boolean {
    return this.#all.some(isForClients);
  }

  find(id: string): Listener | undefined {
    return this.#all.find((listener) => listener.id === id);
  }

  /** Throws a `ListenerError` when its id or its place is taken. */
  add(listener: Listener): void {
    this.refuseSecond(listener);
    this.#all.push(listener);
    this.#asked.set(listener, listener.address);
  }

  forget(listener: Listener): void {
    this.#asked.delete(listener);
    this.#open.delete(listener);
    const at = this.#all.indexOf(listener);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** `next` is in the place of another one; `asked`: the address it was asked to open at. */
  exchange(before: Listener, next: Listener, asked: string): void {
    const at = this.#all.indexOf(before);
    if (at < 0) return;
    this.#asked.delete(before);
    this.#asked.set(next, asked);
    if (this.#open.delete(before)) this.#open.add(next);
    this.#all.splice(at, 1, next);
  }

  /** The first that is not open yet. */
  get unopened(): Listener | undefined {
    return this.#all.find((listener) => !this.#open.has(listener));
  }

  /** It was opened, or is being opened. */
  isOpen(listener: Listener): boolean {
    return this.#open.has(listener);
  }

  async open(listener: Listener): Promise<void> {
    if (this.#all.includes(listener)) this.#open.add(listener);
    this.#opening.add(listener);
    try {
      await listener.open(this.#host);
    } finally {
      this.#opening.delete(listener);
    }
    if (!this.#ended) return;
    await this.closeOne(listener);
    throw new CodedError(
      "server-closed",
      `Cannot open listener "${listener.id}": the server was closed meanwhile`,
    );
  }

  /** What is measured besides the counters. */
  get figures(): Figures {
    const { byListener, lateness, loads, publishTimes, started, stats, turn } = this.#broker;
    const opening = this.#all.filter((one) => !this.#open.has(one) || this.#opening.has(one));
    return {
      readiness: { opening: opening.map(({ id }) => id), serving: started && !this.#ended },
      listeners: byListener.figures,
      publishTimes: publishTimes.times.map((times) => times.figures),
      commitTimes: turn.commitTimes.figures,
      lateness: lateness.all.figures,
      mosquitto: mosquittoTree(systemInfo(this.#broker), stats, loads),
    };
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** No stream is taken any more. */
  end(): void {
    this.#ended = true;
  }

  /** They stop accepting in this turn; answers to HTTP requests may take them a while longer. */
  close(): Promise<unknown> {
    return Promise.all(this.#all.map((listener) => this.closeOne(listener)));
  }

  /** `id`: what the listener is called, of the server or not. A handshake may end after we stopped accepting. */
  accept(
    stream: ByteStream,
    id: string,
    listener: Listener | undefined = this.#all.find((one) => one.id === id),
  ): StreamHandler {
    if (!this.#ended) return this.#broker.accept(stream, id, listener?.topicAliasMaximumOut);
    stream.destroy();
    return { data(): void {}, written(): void {}, closed(): void {} };
  }

  /** `except`: the one that makes room for it. Throws a `ListenerError`. */
  refuseSecond(listener: Listener, except?: Listener): void {
    const { id, protocol, address } = listener;
    if (this.#all.some((other) => other !== except && other.id === id)) {
      throw new ListenerError(`Cannot add listener "${id}": there is one with that id already`, {
        code: "listener-exists",
      });
    }
    const place = placeOf({ protocol, address });
    if (place === null) return;
    for (const other of this.#asked.keys()) {
      if (other === except || !this.#placesOf(other).includes(place)) continue;
      throw new ListenerError(`Cannot add listener "${id}": "${other.id}" listens at "${address}" already`, {
        code: "address-in-use",
      });
    }
  }

  /** Two that ask for any free port want the same when they ask for it in the same words. */
  samePlace(before: Listener, next: Listener): boolean {
    const { protocol, address } = next;
    const place = placeOf({ protocol, address });
    if (place !== null) return this.#placesOf(before).includes(place);
    return this.#asked.get(before) === address;
  }

  /** What it was asked for, and what became of it. */
  #placesOf(listener: Listener): (string | null)[] {
    const { protocol, address } = listener;
    return [this.#asked.get(listener) ?? address, address].map((at) => placeOf({ protocol, address: at }));
  }

  async closeOne(listener: Listener): Promise<void> {
    try {
      await listener.close();
    } catch (error) {
      this.#broker.events.note("listener-close-failed", { listener: listener.id, ...faultOf(error) });
    }
  }
}

/** MQTT comes in there. */
export function isForClients({ protocol }: Listener): boolean {
  return protocol !== "http" && protocol !== "https";
}

/** What listeners are given of the server. */
function hostOf(broker: Broker, accept: ListenerHost["accept"], figures: () => Figures): ListenerHost {
  const handshakes = new PendingHandshakes({
    limit: broker.limits.pendingHandshakes,
    counters: broker.stats,
    onEvicted: (listener, address) =>
      broker.events.tell("handshakes-exceeded", {
        detail: "the oldest of the address that has the most made room for a newer one",
        address,
        listener,
        setting: "limits.pendingHandshakes",
        limit: handshakes.limit,
      }),
  });
  return {
    get lateness(): LatenessFigures {
      return broker.lateness.figures;
    },
    get memory(): MemoryFigures {
      return broker.overload.figures;
    },
    get figures(): Figures {
      return figures();
    },
    get storage(): StorageStatus | null {
      return broker.persistence?.status ?? null;
    },
    get requiresCredentials(): boolean {
      return broker.hooks.requireCredentials;
    },
    stats: broker.stats,
    info: (): SystemInfo => systemInfo(broker),
    accept,
    beginHandshake: (listener, address, milliseconds, drop) =>
      isForClients(listener) && broker.refusesAddress(address, listener.id)
        ? refusedHandshake(drop)
        : handshakes.begin(listener.id, address, milliseconds, drop),
    refused: (refusal, { id: listener }): void => broker.events.tell(refusal.code, { ...refusal, listener }),
    tell: (code, fields, { id: listener }): void => broker.events.tell(code, { ...fields, listener }),
    log: (level, detail, errorCode): void => {
      const code = level === "error" ? "listener-failed" : "listener-says";
      broker.events.note(code, { detail, errorCode: errorCode ?? undefined }, level);
    },
  };
}
