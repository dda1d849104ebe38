/**
 * Who comes and goes, as messages: `$SYS/brokers/NODE/clients/ID/connected` and `disconnected`.
 *
 * @module
 */

import { checkOptions, type Shape } from "../src/core/misuse.ts";
import { CodedTypeError } from "../src/core/errors.ts";
import { type Client, INLINE_CLIENT_ID, isOfProgram } from "../src/hook/client.ts";
import type { Hook, HookHost } from "../src/hook/hook.ts";
import type { Reason } from "../src/packets/reason.ts";
import { levelOf } from "./presence/level.ts";

/** What presence is told. */
export interface PresenceOptions {
  /** The name of the broker in the topics: not empty; written as client ids are. */
  readonly node: string;
  /** Publishes as the program itself does; a `Server` has it. */
  readonly server: { publish(topic: string, payload: string): Promise<unknown> };
}

const shape: Shape<PresenceOptions> = { node: "string", server: "object" };

/**
 * A hook that publishes, in QoS 0 and not retained, who has connected and who has gone; of clients from the network. The payload is JSON:
 * `seq`, which grows by one from message to message and begins at 1 with the broker; `clientid`, `username`, `address`, `listener`,
 * `proto_ver` (3, 4, 5) and `ts`, milliseconds since 1970; `clean_start`, `keepalive` and `expiry_interval` (seconds) when it has
 * connected, and `reason` when it has gone: `normal`, or the words of the reason. Messages come in the order in which
 * it happened: of a session that is taken over, first that the one has gone, then that the other one has come.
 *
 * In topics `%`, `/`, `+`, `#` and control characters of client ids are written as `%25` and so on. Who may read them is up to
 * the rules of access: they name every client.
 *
 * ```ts
 * server.addHook(new Presence({ node: "greenhouse", server }));
 * ```
 */
export class Presence implements Hook {
  readonly id = "presence";
  readonly #prefix: string;
  readonly #server: PresenceOptions["server"];
  #host: HookHost | null = null;
  #seq = 0;
  /** Those who were said to be here: nobody goes who has not come. */
  readonly #here: WeakSet<Client> = new WeakSet();

  /** Throws a TypeError for a name that is none. */
  constructor(options: PresenceOptions) {
    checkOptions("new Presence", options, shape);
    const { node, server } = options;
    if (typeof node !== "string" || node === "") {
      throw new CodedTypeError(
        "argument-invalid",
        `Cannot use ${JSON.stringify(node)} as node of new Presence: expected a name`,
      );
    }
    this.#prefix = `$SYS/brokers/${levelOf(node)}/clients/`;
    this.#server = server;
  }

  /** Called by the server. */
  init(host: HookHost): void {
    this.#host = host;
  }

  /** Called by the server. */
  onSessionEstablished(client: Client): void {
    if (isNobody(client)) return;
    this.#here.add(client);
    this.#say(client, "connected", {
      clean_start: client.cleanStart,
      keepalive: client.keepAlive,
      expiry_interval: client.sessionExpiryInterval,
    });
  }

  /** Called by the server. */
  onDisconnect(client: Client, reason: Reason | null): void {
    if (!this.#here.delete(client)) return;
    this.#say(client, "disconnected", { reason: reason === null ? "normal" : reason.text });
  }

  #say(client: Client, what: "connected" | "disconnected", more: Readonly<Record<string, unknown>>): void {
    const payload = JSON.stringify({
      seq: ++this.#seq,
      clientid: client.id,
      username: client.username,
      address: client.remoteAddress,
      listener: client.listener,
      proto_ver: client.version,
      ts: Math.round(this.#host?.clock.now() ?? 0),
      ...more,
    });
    // (The server is closing: nobody is there to hear it. A client id as long as a topic has no topic.)
    this.#server.publish(`${this.#prefix}${levelOf(client.id)}/${what}`, payload).catch(() => {});
  }
}

function isNobody(client: Client): boolean {
  return client.id === INLINE_CLIENT_ID || isOfProgram(client);
}
