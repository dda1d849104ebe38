/** Both ends of a client without a network: the connection in the server, and who takes what is sent to it. */

import { CodedError, CodedRangeError } from "../core/errors.ts";
import type { Broker } from "../broker/broker.ts";
import type { Connection } from "../broker/connection/connection.ts";
import { clientFields } from "../broker/ends/ended.ts";
import { type Client, INLINE_CLIENT_ID } from "../hook/client.ts";
import { checkOptions, type Shape } from "../core/misuse.ts";
import { textOf } from "../core/error_text.ts";
import { isPromise } from "../core/maybe_promise.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import { reasonText } from "../packets/reason.ts";
import { type ConnackPacket, type ConnectPacket, type Packet, PacketType } from "../packets/types.ts";
import { checkPropertyNames } from "./checks.ts";
import { encoded, inject } from "./inject.ts";
import type { LocalClient, LocalClientOptions } from "./local_client.ts";
import { LocalStream, type PacketSink } from "./local_stream.ts";

/** Connects a client that the program makes; fails with the reason when it is refused. */
export async function connectLocal(broker: Broker, options: LocalClientOptions): Promise<LocalClient> {
  checkOptions("newClient", options, shape);
  const connect = connectPacket(options);
  const what = `Cannot make client ${JSON.stringify(connect.clientId)}`;
  if (![3, 4, 5].includes(connect.version)) {
    throw new CodedRangeError(
      "argument-invalid",
      `${what} of version ${connect.version}: expected 3, 4 or 5`,
    );
  }
  checkPropertyNames(what, connect.properties);
  if (connect.clientId === INLINE_CLIENT_ID) {
    throw new CodedRangeError(
      "client-id-refused",
      `${what}: that is the program itself, use "publish" and "subscribe"`,
    );
  }
  const bytes = encoded(connect, connect.version, what, broker.limits.userProperties);
  const local = new LocalConnection(broker, connect, options);
  const connack = await local.connect(bytes);
  if (connack === null) throw new CodedError("connect-refused", `${what}: the server ended the connection`);
  if (connack.reasonCode !== 0) {
    const { reasonString } = connack.properties;
    throw new CodedError("connect-refused", `${what}: ${reasonString ?? refusal(connect, connack)}`);
  }
  return local;
}

const shape: Shape<LocalClientOptions> = {
  id: "string",
  username: "string",
  version: "number",
  cleanStart: "boolean",
  sessionExpiryInterval: "number",
  keepAlive: "number",
  inline: "boolean",
  will: "any",
  properties: "object",
  onPacket: "function",
  acknowledge: "boolean",
};

function refusal({ version }: ConnectPacket, { reasonCode }: ConnackPacket): string {
  return version === 5 ? reasonText(reasonCode) : `refused with return code ${reasonCode}`;
}

function connectPacket(options: LocalClientOptions): ConnectPacket {
  const { id = "", username = null, version = 5, cleanStart = true, keepAlive = 0, will = null } = options;
  const { sessionExpiryInterval, properties = NO_PROPERTIES } = options;
  return {
    type: PacketType.CONNECT,
    version,
    cleanStart,
    keepAlive,
    clientId: id,
    username,
    password: null,
    will,
    properties: sessionExpiryInterval === undefined ? properties : { ...properties, sessionExpiryInterval },
  };
}

class LocalConnection implements LocalClient, PacketSink {
  readonly closed: Promise<void>;
  sessionPresent = false;
  readonly #broker: Broker;
  readonly #connection: Connection;
  readonly #stream: LocalStream;
  readonly #options: LocalClientOptions;
  /** As hooks have left it when it was let in. */
  #client: Client | null = null;
  #answered: (connack: ConnackPacket | null) => void = () => {};
  #ended: () => void = () => {};

  constructor(broker: Broker, { version }: ConnectPacket, options: LocalClientOptions) {
    this.closed = new Promise((ended) => this.#ended = ended);
    this.#broker = broker;
    this.#options = options;
    this.#stream = new LocalStream(version, this);
    this.#connection = broker.acceptLocal(this.#stream, options.inline ?? true);
    this.#stream.start(this.#connection);
  }

  /** Null: the connection ended without an answer. */
  connect(bytes: Uint8Array): Promise<ConnackPacket | null> {
    return new Promise((answered) => {
      this.#answered = answered;
      this.#connection.data(bytes, bytes.length);
    });
  }

  get client(): Client {
    return this.#client ?? this.#connection.client!;
  }

  get id(): string {
    return this.client.id;
  }

  get connected(): boolean {
    return this.#connection.phase === "open";
  }

  // deno-lint-ignore require-await -- what it throws is to be a rejection
  async inject(packet: Packet): Promise<void> {
    if (!this.connected) {
      throw new CodedError(
        "client-not-connected",
        `Cannot inject a packet for client ${JSON.stringify(this.id)}: it is not connected`,
      );
    }
    return inject(this.#connection, packet);
  }

  async close(): Promise<void> {
    if (this.connected) {
      await this.inject({ type: PacketType.DISCONNECT, reasonCode: 0, properties: NO_PROPERTIES });
    }
    await this.closed;
  }

  abort(): Promise<void> {
    this.#stream.abort();
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  packet(packet: Packet): void | Promise<void> {
    if (packet.type === PacketType.CONNACK) {
      this.#client = this.#connection.client;
      this.sessionPresent = packet.sessionPresent;
      this.#answered(packet);
    }
    const answer = this.#hand(packet);
    if (!isPromise(answer)) return this.#acknowledge(packet);
    return Promise.resolve(answer).then(
      () => this.#acknowledge(packet),
      (error: unknown) => {
        this.#failed(error);
        this.#acknowledge(packet);
      },
    );
  }

  #hand(packet: Packet): unknown {
    try {
      return this.#options.onPacket?.(packet, this);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#broker.events.tell("handler-failed", {
      ...clientFields(this.client),
      method: "onPacket",
      error: textOf(error),
    });
  }

  #acknowledge(packet: Packet): void {
    if (this.#options.acknowledge === false) return;
    if (packet.type === PacketType.PUBLISH && packet.qos > 0) {
      this.#send(packet.qos === 1 ? 0x40 : 0x50, packet.packetId);
    } else if (packet.type === PacketType.PUBREL) this.#send(0x70, packet.packetId);
  }

  /** One of the acknowledgements with success: four bytes in every version. */
  #send(first: number, packetId: number): void {
    if (!this.connected) return;
    void this.#connection.inject(new Uint8Array([first, 2, packetId >> 8, packetId & 255]));
  }

  ended(): void {
    this.#answered(null);
    this.#ended();
  }
}
