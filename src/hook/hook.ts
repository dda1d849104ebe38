/**
 * What a plug-in can be told and asked. Every method is optional; an event nobody listens to costs nothing.
 * Hooks are asked in the order in which they were added. `docs/hooks.md` has the order of the events.
 */

import type { ErrorCode } from "../core/codes.ts";
import type { Capabilities, Limits, LogLevel } from "../core/options.ts";
import type { Stats } from "../core/stats.ts";
import type { SystemInfo } from "../core/system_info.ts";
import type { Client, ConnectingClient } from "./client.ts";
import type { Clock } from "../core/clock.ts";
import type {
  Action,
  AuthAnswer,
  AuthExchange,
  ConnectOpinion,
  Credentials,
  DeliverAnswer,
  MessageInfo,
  Opinion,
  PacketAnswer,
  PublishAnswer,
  Selection,
  WillAnswer,
} from "./answers.ts";
import type { Explained, ExplainedAction } from "./explained.ts";
import type { MaybePromise } from "../core/maybe_promise.ts";
import type { Reason } from "../packets/reason.ts";
import type { ConnectPacket, Packet, SubscribePacket, UnsubscribePacket, Will } from "../packets/types.ts";
import type { PacketView, PublishView } from "./publish_view.ts";
import type { Storage } from "../storage/storage.ts";
import type {
  Stored,
  StoredClient,
  StoredInflightMessage,
  StoredRetainedMessage,
  StoredSubscription,
  StoredSysInfo,
} from "../storage/stored.ts";

export type { Client, ConnectingClient } from "./client.ts";
export type * from "./answers.ts";
export type { Explained, ExplainedAction, ExplainedRule } from "./explained.ts";
export type { PacketView, PublishChanges, PublishView } from "./publish_view.ts";

/** The server as a hook sees it. */
export interface HookHost {
  /** What the server offers. */
  readonly capabilities: Capabilities;
  /** What the server bounds. */
  readonly limits: Limits;
  /** The machine's clock, or what the program has put in its place. How long something takes says `monotonic`. */
  readonly clock: Clock;
  /**
   * Into the server's log, with the hook's name before it. Never a secret. `code`: of the error that the line was made
   * from, which it then ends with.
   */
  log(level: LogLevel, text: string, code?: ErrorCode | null): void;
  /**
   * Answers of access control given earlier may no longer hold: everything is asked again, and what waits for clients that
   * are connected is looked through. `which`: only what concerns these clients; others notice nothing. It is called at once
   * with every client that has a session, and must not throw.
   */
  accessChanged(which?: (client: Client) => boolean): void;
  /**
   * Ends the connections of the clients that `which` picks, also of those that are still being let in, at once (of thousands
   * the last a few turns of the event loop later); how many there are. `reason` is what MQTT 5 clients are told, `detail` what the log says besides. Their sessions stay and their
   * wills are published, as after any other end.
   */
  disconnect(which: (client: Client) => boolean, reason: Reason, detail?: string): number;
  /** The live counters of the server: a hook may count in them what it refuses. */
  readonly stats: Stats;
}

/**
 * A plug-in: it implements the events it cares for.
 *
 * A method that throws is reported with the hook's name. Where it was asked for permission that means no;
 * where it was told something, nothing. A promise holds back the input of the client it is about, in order,
 * and counts as having thrown after five seconds; methods that say "told" are not waited for.
 */
export interface Hook {
  /** Names the hook in errors and logs; another one than the server's other hooks have. */
  readonly id: string;

  /** Keeps what has to outlive the process; of several hooks with one the first counts. Looked at when `serve` begins. */
  readonly storage?: Storage;

  /**
   * True: whomever `onConnectAuthenticate` or `onAuthPacket` of this hook lets in has shown a password, a token or the like; it may
   * be a getter. When all hooks with one of these methods say so, pages of any origin may connect over WebSocket, see
   * `WebSocketListenerOptions.origins`. Default false.
   */
  readonly requiresCredentials?: boolean;

  // --- the server ---

  /**
   * Before the first event: open connections, read files. What it throws, a missing dependency for example,
   * ends `serve` or `addHook` with a `HookError`.
   */
  init?(host: HookHost): MaybePromise<void>;
  /** Told: the server is running, its listeners are open. */
  onStarted?(): void;
  /** The server has stopped or the hook was removed; what is still to be written is written now. Waited for 1.5 s. */
  onStopped?(): MaybePromise<void>;
  /** Told: $SYS was published. */
  onSysInfoTick?(info: SystemInfo): void;

  // --- a connection ---

  /**
   * Somebody wants to connect: nothing of it was read, and with TLS or WebSocket no handshake was made. Asked again when that is done, with
   * the address that trusted proxies have given by then. "refuse": it is closed without a word. It may not wait; throwing refuses.
   * `address` as `Client.remoteAddress` has it, `listener` is the listener's id.
   */
  onAccept?(address: string, listener: string): "refuse" | void;
  /**
   * Every packet from a client, decoded and before anything is done with it, CONNECT included. For CONNECT the
   * client is made from what is answered here. Throwing ends the connection with 0x83.
   */
  onPacketRead?(client: Client, packet: PacketView): MaybePromise<PacketAnswer>;
  /** A well-formed CONNECT came. A reason refuses it; throwing refuses it with 0x80. */
  onConnect?(client: ConnectingClient, packet: ConnectPacket): MaybePromise<Reason | void>;
  /** May the client connect? Nobody may for whom no hook says so. Not asked when a method of authentication was. */
  onConnectAuthenticate?(client: ConnectingClient, credentials: Credentials): MaybePromise<ConnectOpinion>;
  /**
   * Told: authentication has refused the client, by `onConnectAuthenticate` or `onAuthPacket`, or because nobody knew it; before it is
   * told itself, and also when it has gone meanwhile. The password is not to be kept.
   */
  onAuthenticationFailed?(client: Client, credentials: Credentials, reason: Reason): void;
  /** One step of enhanced authentication, MQTT 5.0 section 4.12. Undefined: not my method. */
  onAuthPacket?(client: ConnectingClient, exchange: AuthExchange): MaybePromise<AuthAnswer | undefined>;
  /**
   * May the client do that? Nobody may for whom no hook says so. A yes to `publish`, and what is answered for
   * `deliver`, is remembered until `HookHost.accessChanged`; a no because a hook failed not for long. `topic` is a
   * filter, `$share/group/` included, for `subscribe`.
   */
  onAclCheck?(client: Client, action: Action, topic: string): MaybePromise<Opinion>;
  /**
   * May clients publish to that topic of the server, `$SYS/...`, or have a will there? The first opinion counts; without
   * one they may to `$SYS/broker/connection/NAME/state`, where bridges say whether they are connected, and to no other.
   * Access control is asked afterwards. A yes to `publish` is remembered with the answer of access control.
   */
  onServerTopic?(client: Client, action: "publish" | "will", topic: string): MaybePromise<Opinion>;
  /**
   * Why does the hook answer as it does, or would? Asked by `Server.explain`, also about clients that are not there, and for the
   * log's line when something was refused. `topic` as for `onAclCheck`, empty for `connect`. It changes nothing, and may not
   * wait. Throwing: it has nothing to say.
   */
  onExplain?(client: Client, action: ExplainedAction, topic: string): Explained | void;
  /** The client may connect; its session is not claimed yet and CONNACK not sent. Throwing refuses with 0x83. */
  onSessionEstablish?(client: Client, packet: ConnectPacket): MaybePromise<void>;
  /** Told: CONNACK was sent, and what the session owed. */
  onSessionEstablished?(client: Client, packet: ConnectPacket): void;
  /** Told: the connection `by` takes the client id over from `client`. */
  onTakeOver?(client: Client, by: Client): void;
  /** Told: `reason` is null when the client disconnected properly; `expire`: its session ends now. */
  onDisconnect?(client: Client, reason: Reason | null, expire: boolean): void;
  /** Told: a session ended because its client stayed away. */
  onClientExpired?(clientId: string): void;

  // --- packets ---

  /**
   * Every packet to a client, before it is encoded; one that is returned, of the same type and with the same
   * packet id, takes its place. It may not wait: what is sent waits for nobody.
   */
  onPacketEncode?(client: Client, packet: PacketView): Packet | void;
  /** Told: the packet was handed to the connection. `size`: its bytes. */
  onPacketSent?(client: Client, packet: PacketView, size: number): void;
  /** Told: a packet from a client was handled. `reason`: why it was refused, null when it was not. */
  onPacketProcessed?(client: Client, packet: PacketView, reason: Reason | null): void;

  // --- subscriptions ---

  /**
   * Before filters are checked; a packet that is returned, with as many filters, takes its place. Throwing
   * refuses all filters with 0x83.
   */
  onSubscribe?(client: Client, packet: SubscribePacket): MaybePromise<SubscribePacket | void>;
  /** Told: one reason code, and the number of subscribers of exactly that filter, for each filter. */
  onSubscribed?(
    client: Client,
    packet: SubscribePacket,
    reasonCodes: readonly number[],
    counts: readonly number[],
  ): void;
  /** As `onSubscribe`. */
  onUnsubscribe?(client: Client, packet: UnsubscribePacket): MaybePromise<UnsubscribePacket | void>;
  /** Told: as `onSubscribed`; also of the filters of a session that ends, with packet id 0. */
  onUnsubscribed?(
    client: Client,
    packet: UnsubscribePacket,
    reasonCodes: readonly number[],
    counts: readonly number[],
  ): void;

  // --- messages ---

  /** After access control, before anything is kept or delivered. Throwing refuses with 0x83. */
  onPublish?(client: Client, packet: PublishView): MaybePromise<PublishAnswer>;
  /** Told: it went to its subscribers, or a hook accepted it. Not for wills and $SYS. */
  onPublished?(client: Client, packet: PublishView): void;
  /**
   * Who gets the message, when somebody subscribes to it: a selection that is returned, made of candidates of the
   * same lists of the one given, takes its place. Of a group with several members left one is chosen as always;
   * none left: the group does not get it. It may not wait.
   */
  onSelectSubscribers?(message: MessageInfo, selection: Selection): Selection | void;
  /** Each message on its way to each client, before it is queued or sent. Throwing drops it. It may not wait. */
  onDeliver?(client: Client, message: MessageInfo): DeliverAnswer;
  /** Told: a message was dropped on its way to this client id. */
  onPublishDropped?(clientId: string, message: MessageInfo, why: string): void;
  /** Told: 1: kept, -1: removed, 0: there was nothing to remove. */
  onRetainMessage?(message: MessageInfo, change: 1 | 0 | -1): void;
  /** Told: a retained message was sent because of a new subscription. */
  onRetainPublished?(client: Client, message: MessageInfo): void;
  /** Told: a retained message ended with its Message Expiry Interval. */
  onRetainedExpired?(topic: string): void;
  /** Told: a QoS 1 or 2 message was sent to a client. */
  onQosPublish?(clientId: string, message: MessageInfo, packetId: number, resend: boolean): void;
  /** Told: the client has acknowledged it completely. */
  onQosComplete?(clientId: string, message: MessageInfo, packetId: number): void;
  /** Told: it was given up, or went with its session, also when it waited only in the storage. */
  onQosDropped?(clientId: string, message: MessageInfo, packetId: number): void;
  /** Told: a message has to wait because the client acknowledges nothing and all 65,535 packet ids are in use. */
  onPacketIdExhausted?(clientId: string, message: MessageInfo): void;
  /** A will is about to be published; the right to it is asked for afterwards. Throwing drops it. */
  onWill?(client: Client, will: Will): MaybePromise<WillAnswer>;
  /** Told: the will was published. */
  onWillSent?(clientId: string, message: MessageInfo): void;

  // --- what an earlier run left, asked once before the listeners open; the first hook that has anything counts ---

  /** Sessions. Throwing ends `serve`, here and below: a server without its data must not begin. */
  storedClients?(): MaybePromise<Stored<StoredClient>>;
  /** Their subscriptions. */
  storedSubscriptions?(): MaybePromise<Stored<StoredSubscription>>;
  /** What is on its way to them. */
  storedInflightMessages?(): MaybePromise<Stored<StoredInflightMessage>>;
  /** Retained messages. */
  storedRetainedMessages?(): MaybePromise<Stored<StoredRetainedMessage>>;
  /** Counters. */
  storedSysInfo?(): MaybePromise<StoredSysInfo | undefined>;
}
