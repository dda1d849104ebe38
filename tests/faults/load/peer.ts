/** A client that keeps its session state, loses its connection now and then, and comes back. */

import { setTimeout } from "node:timers/promises";
import { NO_PROPERTIES } from "../../../src/packets/properties.ts";
import type { Packet } from "../../../src/packets/types.ts";
import { connectPacket, type TestClient } from "../../harness/client.ts";
import type { Random } from "../../properties/random.ts";
import type { Broker } from "../process.ts";
import type { Ledger } from "./ledger.ts";

/** Between two tries to connect while the broker is away. */
const AGAIN_MS = 5;
/** The same when it says that it cannot be used. */
const REFUSED_MS = 50;
/** "Server unavailable", in MQTT 5 and before. */
const UNAVAILABLE: ReadonlySet<number> = new Set([0x88, 3]);

export interface PeerOptions {
  readonly id: string;
  readonly version: 4 | 5;
  readonly broker: Broker;
  readonly ledger: Ledger;
  readonly random: Random;
}

export abstract class Peer {
  readonly id: string;
  readonly version: 4 | 5;
  protected readonly ledger: Ledger;
  protected readonly random: Random;
  readonly #broker: Broker;
  /** Null: it is not connected. */
  protected client: TestClient | null = null;
  /** Connections that got their CONNACK. */
  connections = 0;
  /** What is first sent after that cannot have been sent to it on an earlier connection. */
  protected lastGoneAt = 0;
  /** When its CONNECT was last refused because it could not be kept, and in which run of the broker. */
  #refusedAt = 0;
  #refusedIn = 0;
  #asked = false;
  #stopped = false;
  /** It loses no connection by itself any more. */
  steady = false;
  /** In MQTT 5: how many messages it takes at a time; 0: many. */
  protected receiveMaximum = 0;

  constructor({ id, version, broker, ledger, random }: PeerOptions) {
    this.id = id;
    this.version = version;
    this.ledger = ledger;
    this.random = random;
    this.#broker = broker;
  }

  /** The session is there. */
  protected abstract begin(client: TestClient): void;
  protected abstract take(client: TestClient, packet: Packet): void;

  protected violation(text: string): void {
    this.ledger.violation(`${this.id}, MQTT ${this.version}: ${text}`);
  }

  /** It has said something that is to be answered. */
  protected abstract get waits(): boolean;

  /** "Server busy" is what those hear whom it cannot answer with a code of its own. */
  protected mayEndWith(reasonCode: number): boolean {
    return this.ledger.disturbed && reasonCode === 0x89;
  }

  /** "Quota exceeded", or before MQTT 5 "failure": it could not be kept. */
  protected mayRefuse(reasonCode: number): boolean {
    return this.ledger.disturbed && (reasonCode === 0x97 || reasonCode === 0x80);
  }

  /** Ends with the connection it has. */
  stop(): void {
    this.#stopped = true;
    this.client?.reset();
  }

  /** Goes on until it is told to stop. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const client = this.#broker.port === 0
        ? null
        : await this.#broker.socket(this.version).catch(() => null);
      if (client === null) {
        await setTimeout(AGAIN_MS);
        continue;
      }
      if (await this.#connected(client) && !this.#stopped) {
        await this.#live(client);
        this.client = null;
        if (!this.#stopped && this.random.oneIn(2)) await setTimeout(this.random.below(20));
      }
      if (this.#stopped) client.reset();
    }
  }

  async #connected(client: TestClient): Promise<boolean> {
    const askedBefore = this.#asked;
    this.#asked = true;
    client.send(connectPacket({
      version: this.version,
      clientId: this.id,
      cleanStart: false,
      properties: this.version === 4 ? NO_PROPERTIES : {
        sessionExpiryInterval: 0xffffffff,
        ...(this.receiveMaximum > 0 ? { receiveMaximum: this.receiveMaximum } : {}),
      },
    }));
    const answer = await this.#next(client).catch(() => null);
    if (answer?.type !== 2) {
      if (answer !== null) this.violation(`a packet of type ${answer.type} came before CONNACK`);
      else if (!client.closed) this.violation("CONNECT is not answered");
      // (The broker may have taken it, and sent what never came.)
      this.#lost(client);
      return false;
    }
    // (Its earlier connection is over by now, whatever it was.)
    if (this.lastGoneAt === Infinity) this.lastGoneAt = this.ledger.tick(false);
    // Where the commit of its CONNACK failed, messages were noted as sent to it. Only who noted that knows better.
    if (this.#refusedIn !== this.#broker.starts) this.lastGoneAt = Math.max(this.lastGoneAt, this.#refusedAt);
    if (this.ledger.disturbed && UNAVAILABLE.has(answer.reasonCode)) {
      client.reset();
      this.#refusedAt = this.ledger.tick(false);
      this.#refusedIn = this.#broker.starts;
      await setTimeout(REFUSED_MS);
      return false;
    }
    if (answer.reasonCode !== 0) this.violation(`CONNECT was refused with ${answer.reasonCode}`);
    if (this.connections > 0 && !answer.sessionPresent) this.violation("the session is gone");
    if (!askedBefore && answer.sessionPresent) this.violation("there is a session that it never asked for");
    this.connections++;
    this.ledger.tick(false);
    return true;
  }

  /** What comes next; nobody waits in vain while the machine stands still. */
  async #next(client: TestClient): Promise<Packet> {
    for (;;) {
      const askedAt = performance.now();
      try {
        return await client.next();
      } catch (error) {
        if (client.closed || this.ledger.stoodAt < askedAt) throw error;
      }
    }
  }

  async #live(client: TestClient): Promise<void> {
    this.client = client;
    this.begin(client);
    let left = this.random.between(20, 500);
    for (;;) {
      let packet: Packet;
      try {
        packet = await this.#next(client);
      } catch {
        // Closed; or nothing came for seconds, after which a client may well try again.
        if (!client.closed && this.waits) this.violation("what it asked for is not answered");
        this.#lost(client);
        return;
      }
      this.ledger.tick();
      this.take(client, packet);
      // (Whoever waits for it looks once more.)
      this.ledger.tick();
      if (--left <= 0 && !this.steady) {
        await this.#leave(client);
        return;
      }
    }
  }

  #lost(client: TestClient): void {
    this.lastGoneAt = client.closed ? this.ledger.tick(false) : Infinity;
    if (!client.closed) client.reset();
  }

  async #leave(client: TestClient): Promise<void> {
    if (this.random.oneIn(3)) {
      // What comes now was not received; when the broker has closed the connection, nothing more was sent.
      client.disconnect();
      while (!client.closed) {
        await this.#next(client).catch(() => {
          if (!client.closed) this.violation("the connection is not closed after DISCONNECT");
          client.reset();
        });
      }
      this.lastGoneAt = this.ledger.tick();
      return;
    }
    // The broker hears of it some time later.
    this.lastGoneAt = Infinity;
    if (this.random.oneIn(2)) client.reset();
    else client.close();
  }
}
