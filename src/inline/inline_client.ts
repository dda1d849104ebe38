/** The program that embeds the server, as a client of it. */

import { CodedError } from "../core/errors.ts";
import type { Broker } from "../broker/broker.ts";
import { type Client, INLINE_CLIENT_ID, LOCAL_LISTENER } from "../hook/client.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import type { Reason } from "../packets/reason.ts";
import { quoted } from "./checks.ts";
import { type InlinePublishOptions, publishRequest } from "./publish_request.ts";
import { Publisher } from "./publisher.ts";
import type { InlineHandler, InlineSubscribeOptions, InlineSubscription } from "./subscription.ts";
import { InlineSubscriptions } from "./subscriptions.ts";

export class InlineClient {
  readonly #broker: Broker;
  readonly #subscriptions: InlineSubscriptions;
  readonly #publisher: Publisher;
  #closed = false;
  /** The server has its data and its hooks are ready. */
  opened = false;

  constructor(broker: Broker) {
    const client = inlineClient(broker);
    this.#broker = broker;
    this.#subscriptions = new InlineSubscriptions(broker, client);
    this.#publisher = new Publisher(broker, client, this.#subscriptions);
    broker.program = this;
  }

  /** Handlers still have something to do. */
  get busy(): boolean {
    return this.#subscriptions.busy;
  }

  // (All of it runs within the call if it can.)
  // deno-lint-ignore require-await -- a mistake of the caller is to be a rejection as everything else is
  async publish(
    topic: string,
    payload: string | Uint8Array,
    options: InlinePublishOptions,
  ): Promise<Reason> {
    if (this.#closed) {
      throw new CodedError("server-closed", `Cannot publish to ${quoted(topic)}: the server is closed`);
    }
    return this.#publisher.publish(publishRequest(this.#broker, topic, payload, options));
  }

  subscribe(filter: string, handler: InlineHandler, options: InlineSubscribeOptions): InlineSubscription {
    if (this.#closed) {
      throw new CodedError("server-closed", `Cannot subscribe to ${quoted(filter)}: the server is closed`);
    }
    return this.#subscriptions.subscribe(filter, handler, options);
  }

  unsubscribe(filter: string, id?: number): boolean {
    return this.#subscriptions.unsubscribe(filter, id);
  }

  /** The server has its data and its hooks are ready; nobody else can connect yet. */
  open(): void {
    this.opened = true;
    this.#subscriptions.open();
    this.#publisher.open();
  }

  /** The server is about to close: no more is taken, but what was is still delivered. */
  close(): void {
    this.#closed = true;
    this.#subscriptions.close();
  }

  end(): void {
    this.#closed = true;
    this.#subscriptions.end();
  }
}

function inlineClient(broker: Broker): Client {
  return {
    id: INLINE_CLIENT_ID,
    username: "",
    remoteAddress: LOCAL_LISTENER,
    listener: LOCAL_LISTENER,
    certificate: null,
    version: 5,
    cleanStart: true,
    keepAlive: 0,
    sessionExpiryInterval: 0,
    properties: NO_PROPERTIES,
    get connectedAt(): number {
      return broker.clock.shown(broker.clock.startedAt);
    },
    inline: true,
    data: undefined,
  };
}
