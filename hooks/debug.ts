/**
 * All traffic, readable: a line for every packet, and for what happens besides.
 *
 * ```ts
 * import { AllowAll, Server, TcpListener } from "@comqtt/comqtt";
 * import { Debug } from "@comqtt/comqtt/hooks/debug";
 *
 * const server = new Server();
 * server.addHook(new Debug({ topics: ["greenhouse/#"], log: (line) => console.log(line) }));
 * server.addHook(new AllowAll());
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * ```text
 * in "boiler" CONNECT remote="127.0.0.1:40000" listener="tcp" clientId="boiler" version=5 ... password=***
 * out "boiler" CONNACK bytes=11 sessionPresent=false reason=0x00 "Success" properties={...}
 * in "boiler" PUBLISH topic="greenhouse/heat" qos=1 retain=false dup=false id=7 length=4 payload="21.5"
 * out "boiler" PUBACK bytes=4 id=7 reason=0x00 "Success"
 * event "boiler" DISCONNECTED reason=0x8d "Keep Alive timeout" session=kept
 * ```
 *
 * A line begins with `in`, `out` or `event`, then come the client id, or `-` where there is none, and what it is; the
 * rest has a name each, always in the same order. What clients chose stands in quotes, and in them line breaks,
 * control and invisible characters and quotes are escaped: nobody can forge a line, or a part of one.
 *
 * Passwords and authentication data are shown as `***`, and no option changes that. Payloads, user names and other
 * properties are shown: whoever reads the lines reads the messages.
 *
 * A packet from a client is shown as the hooks before this one have left it: added first, this hook shows what was
 * sent. What the program receives with `Server.subscribe` is no packet and not shown.
 *
 * @module
 */

import { errorCodeOf } from "../src/core/codes.ts";
import { CodedRangeError } from "../src/core/errors.ts";
import { textOf } from "../src/core/error_text.ts";
import { type Client, INLINE_CLIENT_ID } from "../src/hook/client.ts";
import { checkOptions, type Shape } from "../src/core/misuse.ts";
import { quoted } from "../src/core/quoted.ts";
import type { Hook, HookHost, MessageInfo } from "../src/hook/hook.ts";
import type { Reason } from "../src/packets/reason.ts";
import type { PacketView, PublishView } from "../src/hook/publish_view.ts";
import { Aliases } from "./debug/aliases.ts";
import {
  type Detail,
  messageFields,
  packetName,
  packetText,
  payloadFields,
  propertiesField,
  reasonField,
} from "./debug/packet_text.ts";
import { Selection } from "./debug/selection.ts";

/** What is shown, and where. */
export interface DebugOptions {
  /** Names the hook in logs; default `debug`. */
  readonly id?: string;
  /**
   * Is given each line, without a line break. Default: the server's log at level `debug`. It must not publish on the
   * same server: that would make lines without end. What it throws is reported once and harms nobody.
   */
  readonly log?: (line: string) => void;
  /** Payloads and properties, too. Default true; with false only the length of a payload is shown. */
  readonly showPacketData?: boolean;
  /** PINGREQ and PINGRESP, too. Default false. */
  readonly showPings?: boolean;
  /** So many bytes of a payload, and characters of any other text, are shown; `...` says that there is more. Default 256. */
  readonly maximumLength?: number;
  /** Only these client ids; `abc*` means all that begin with `abc`. Default: all. */
  readonly clients?: readonly string[];
  /**
   * Only what is about topics that one of these filters matches: messages, wills, and subscriptions to no other
   * topics; nothing of the rest. Default: everything.
   */
  readonly topics?: readonly string[];
}

const shape: Shape<DebugOptions> = {
  id: "string",
  log: "function",
  showPacketData: "boolean",
  showPings: "boolean",
  maximumLength: "number",
  clients: "list",
  topics: "list",
};

/** Shows all traffic of one server; see above for what a line looks like. Removed, it costs nothing any more. */
export class Debug implements Hook {
  /** `debug`, if the options do not say otherwise. */
  readonly id: string;
  readonly #log: ((line: string) => void) | null;
  readonly #pings: boolean;
  readonly #detail: Detail;
  readonly #selection: Selection;
  readonly #aliases: Aliases = new Aliases();
  #host: HookHost | null = null;
  #complained = false;

  /**
   * Throws a RangeError when `maximumLength` is none, a TypeError when one of `topics` is no topic filter, or for an option
   * there is none of.
   */
  constructor(options: DebugOptions = {}) {
    checkOptions("new Debug", options, shape);
    const { id = "debug", log = null, showPacketData = true, showPings = false, maximumLength = 256 } =
      options;
    if (!Number.isInteger(maximumLength) || maximumLength < 0) {
      throw new CodedRangeError(
        "argument-invalid",
        `Invalid maximumLength ${maximumLength}: expected a whole number, 0 or more`,
      );
    }
    this.id = id;
    this.#log = log;
    this.#pings = showPings;
    this.#detail = { data: showPacketData, most: maximumLength };
    this.#selection = new Selection(options);
  }

  /** Called by the server. Throws when another server has this hook: nobody could tell their lines apart. */
  init(host: HookHost): void {
    if (this.#host !== null) throw new Error("a debug hook belongs to one server, give each its own");
    this.#host = host;
  }

  /** Called by the server. */
  onStopped(): void {
    this.#host = null;
  }

  /** A line for each packet from a client. */
  onPacketRead(client: Client, packet: PacketView): void {
    const topic = this.#aliases.resolve(client, packet);
    if (!this.#wanted(client.id, packet, topic)) return;
    const { remoteAddress, listener, version } = client;
    const from = packet.type === 1
      ? `remote=${this.#quote(remoteAddress)} listener=${this.#quote(listener)}`
      : "";
    this.#line("in", client.id, packetText(packet, version, this.#detail, { before: from, topic }));
  }

  /** A line for each packet to a client. */
  onPacketSent(client: Client, packet: PacketView, size: number): void {
    if (!this.#wanted(client.id, packet)) return;
    this.#line(
      "out",
      client.id,
      packetText(packet, client.version, this.#detail, { before: `bytes=${size}` }),
    );
  }

  /** A line for each packet that was refused. */
  onPacketProcessed(client: Client, packet: PacketView, reason: Reason | null): void {
    if (reason === null || !this.#wanted(client.id, packet)) return;
    const id = "packetId" in packet && packet.packetId !== 0 ? ` id=${packet.packetId}` : "";
    const topic = packet.type === 3 ? ` topic=${this.#quote(packet.topic)}` : "";
    const why = reasonField(reason.code, reason.text);
    this.#line("event", client.id, `REFUSED ${packetName(packet)}${id}${topic} ${why}`);
  }

  /** A line for each message of the program itself, which is no packet. */
  onPublished(client: Client, packet: PublishView): void {
    if (client.id !== INLINE_CLIENT_ID || !this.#wanted(client.id, packet)) return;
    this.#line("in", client.id, packetText(packet, client.version, this.#detail));
  }

  /** A line for each connection that has to give way to a new one. */
  onTakeOver(client: Client, by: Client): void {
    this.#event(client.id, () => `TAKEN-OVER by=${this.#quote(by.remoteAddress)}`);
  }

  /** A line for each connection that ends. */
  onDisconnect(client: Client, reason: Reason | null, expire: boolean): void {
    this.#event(client.id, () => {
      const why = reason === null ? "" : ` ${reasonField(reason.code, reason.text)}`;
      return `DISCONNECTED${why} session=${expire ? "ended" : "kept"}`;
    });
  }

  /** A line for each session that ends because its client stayed away. */
  onClientExpired(clientId: string): void {
    this.#event(clientId, () => "EXPIRED");
  }

  /** A line for each message that a client does not get. */
  onPublishDropped(clientId: string, message: MessageInfo, why: string): void {
    this.#message(clientId, "DROPPED", message, `why=${this.#quote(why)}`);
  }

  /** A line for each QoS 1 or 2 message that is given up. */
  onQosDropped(clientId: string, message: MessageInfo, packetId: number): void {
    this.#message(clientId, "GIVEN-UP", message, `id=${packetId}`);
  }

  /** A line for each message that has to wait for a packet id. */
  onPacketIdExhausted(clientId: string, message: MessageInfo): void {
    this.#message(clientId, "NO-PACKET-ID", message);
  }

  /** A line for each will that is published. */
  onWillSent(clientId: string, message: MessageInfo): void {
    const data = `${propertiesField(message.properties, this.#detail)} ${
      payloadFields(message.payload, this.#detail)
    }`;
    this.#message(clientId, "WILL", message, data.trimStart());
  }

  /** A line for each retained message that is kept or removed. */
  onRetainMessage(message: MessageInfo, change: 1 | 0 | -1): void {
    const what = change === 1 ? "RETAINED" : change === -1 ? "RETAINED-REMOVED" : "RETAINED-NOTHING";
    this.#message(message.publisher, what, message);
  }

  /** A line for each retained message that ends with its expiry interval; only if all clients are looked at. */
  onRetainedExpired(topic: string): void {
    if (!this.#selection.allClients || !this.#selection.topic(topic)) return;
    this.#write(`event - RETAINED-EXPIRED topic=${this.#quote(topic)}`);
  }

  #wanted(clientId: string, packet: PacketView, topic?: string): boolean {
    if (!this.#pings && (packet.type === 12 || packet.type === 13)) return false;
    return this.#selection.client(clientId) && this.#selection.packet(packet, topic);
  }

  /** What has no topic. */
  #event(clientId: string, text: () => string): void {
    if (!this.#selection.allTopics || !this.#selection.client(clientId)) return;
    this.#line("event", clientId, text());
  }

  #message(clientId: string, what: string, message: MessageInfo, more = ""): void {
    if (!this.#selection.client(clientId) || !this.#selection.topic(message.topic)) return;
    const fields = messageFields(message, this.#detail).join(" ");
    this.#line("event", clientId, `${what} ${fields}${more === "" ? "" : ` ${more}`}`);
  }

  #line(kind: "in" | "out" | "event", clientId: string, text: string): void {
    this.#write(`${kind} ${clientId === "" && kind === "event" ? "-" : this.#quote(clientId)} ${text}`);
  }

  #quote(text: string): string {
    return quoted(text, this.#detail.most);
  }

  /** (What is thrown where a packet was read would end the connection of a client.) */
  #write(line: string): void {
    const host = this.#host;
    try {
      if (this.#log === null) host?.log("debug", line);
      else this.#log(line);
    } catch (error) {
      if (this.#complained) return;
      this.#complained = true;
      host?.log(
        "error",
        `Its log failed, which is reported once: ${textOf(error)}`,
        errorCodeOf(error),
      );
    }
  }
}
