/** A client of a walk: a client id with its own memory of what is unfinished, and one connection after the other. */

import assert from "node:assert/strict";
import type { Broker } from "../../src/broker/broker.ts";
import { decode } from "../../src/packets/decode.ts";
import { remainingLength, varintLength } from "../../src/packets/fixed_header.ts";
import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import { Malformed } from "../../src/packets/reason.ts";
import { type ConnackPacket, type Packet, PacketType } from "../../src/packets/types.ts";
import { type MemoryClient, memoryPair } from "../../src/runtime/memory_stream.ts";
import { connectPacket, encoded } from "../harness/client.ts";
import type { Random } from "./random.ts";

/** What all clients of a walk have in common. */
export interface World {
  readonly broker: Broker;
  readonly random: Random;
  /** The broker's process may be killed. */
  readonly killable: boolean;
  /** Something threw out of a connection. */
  readonly onError: (error: Error) => void;
  /** Something was wrong where nobody could be told; the walk ends at its next step. */
  readonly onWrong: (thrown: unknown) => void;
  /** Notes what happened; the last notes are shown when something is wrong. */
  note(text: string): void;
  /** Ends the walk: something is not as the standard wants it. */
  fail(text: string): never;
}

/** One connection. */
export class Link {
  readonly stream: MemoryClient;
  /** CONNACK came. */
  ready = false;
  /** The broker knew the session. */
  resumed = false;
  ended = false;
  stalled = false;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: MemoryClient) {
    this.stream = stream;
  }

  /** The packets that are complete now. */
  *take(bytes: Uint8Array, version: 4 | 5): Generator<Packet> {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    let at = 0;
    while (at < all.length) {
      const rest = remainingLength(all, at + 1, all.length);
      const body = at + 1 + varintLength(Math.max(0, rest));
      if (rest < 0 || body + rest > all.length) break;
      const packet = decode(all[at]!, all, body, body + rest, { version, maxUserProperties: 64 });
      assert.ok(!(packet instanceof Malformed), "the broker sent what is no packet");
      yield packet;
      at = body + rest;
    }
    this.#rest = all.slice(at);
  }
}

export abstract class Peer {
  readonly world: World;
  readonly id: string;
  readonly version: 4 | 5;
  link: Link | null = null;
  /** The broker has a session for it. */
  known = false;
  /** Connections it had and left in whatever way. */
  readonly left: Link[] = [];
  protected readonly persistent: boolean = true;

  constructor(world: World, id: string, version: 4 | 5) {
    this.world = world;
    this.id = id;
    this.version = version;
  }

  get ready(): boolean {
    return this.link?.ready === true;
  }

  /** What CONNECT says beside the session's expiry. */
  protected connectProperties(): Properties {
    return NO_PROPERTIES;
  }

  protected abstract connected(packet: ConnackPacket): void;
  protected abstract handle(packet: Packet): void;

  /** Opens a connection; if there is one already, this takes over from it. */
  connect(): void {
    const { world } = this;
    if (this.link !== null) this.left.push(this.link);
    const stream = memoryPair((s) => world.broker.accept(s, "memory"), {
      onError: world.onError,
      capacity: world.random.below(3000),
    });
    const link = this.link = new Link(stream);
    stream.received = (bytes): void => {
      try {
        for (const packet of link.take(bytes, this.version)) {
          // What still comes on a connection that was left is not read by anybody.
          if (this.link === link) this.#received(link, packet);
        }
      } catch (thrown) {
        world.onWrong(thrown);
      }
    };
    stream.ended = (): void => {
      link.ended = true;
      if (this.link === link) world.onWrong(new Error(`${this.id}: the broker closed the connection`));
    };
    const expiry: Properties = this.version === 5 && this.persistent ? { sessionExpiryInterval: 3600 } : {};
    const packet = connectPacket({
      version: this.version,
      clientId: this.id,
      cleanStart: !this.persistent,
      properties: this.version === 5 ? { ...this.connectProperties(), ...expiry } : NO_PROPERTIES,
    });
    world.note(`${this.id} connects`);
    this.send(packet);
  }

  send(packet: Packet): void {
    this.link!.stream.send(encoded(packet, this.version));
  }

  #received(link: Link, packet: Packet): void {
    if (packet.type === PacketType.DISCONNECT) {
      this.world.fail(`${this.id}: DISCONNECT ${packet.reasonCode} ${packet.properties.reasonString ?? ""}`);
    }
    if (link.ready) return this.handle(packet);
    if (packet.type !== PacketType.CONNACK) {
      this.world.fail(`${this.id}: packet ${packet.type} before CONNACK`);
    }
    if (packet.reasonCode !== 0) this.world.fail(`${this.id}: CONNACK ${packet.reasonCode}`);
    if (packet.sessionPresent !== (this.known && this.persistent)) {
      this.world.fail(`${this.id}: session present is ${packet.sessionPresent}`);
    }
    link.ready = true;
    link.resumed = packet.sessionPresent;
    this.known = true;
    this.connected(packet);
  }

  /** Goes in one of the ways there are. */
  leave(how: "disconnect" | "close" | "reset"): void {
    const { link } = this;
    if (link === null) return;
    this.world.note(`${this.id} leaves: ${how}`);
    if (how === "disconnect" && link.ready) {
      this.send({ type: PacketType.DISCONNECT, reasonCode: 0, properties: NO_PROPERTIES });
    }
    this.link = null;
    this.left.push(link);
    if (how === "reset") link.stream.reset();
    else {
      // It reads on, so that an orderly end can come to its end.
      link.stream.resume();
      if (how === "close" || !link.ready) link.stream.close();
    }
  }

  stall(): void {
    if (this.link === null || this.link.stalled) return;
    this.world.note(`${this.id} stalls`);
    this.link.stalled = true;
    this.link.stream.pause();
  }

  read(): void {
    if (this.link?.stalled !== true) return;
    this.world.note(`${this.id} reads on`);
    this.link.stalled = false;
    this.link.stream.resume();
  }
}
