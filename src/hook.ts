/**
 * What a plug-in can be told and asked. Every method is optional; an event nobody listens to costs nothing.
 * Hooks are asked in the order in which they were added.
 */

import type { AuthPacket, ConnectPacket, PublishPacket, QoS, Will } from "./packets/types.ts";
import type { Packet, SubscribePacket, UnsubscribePacket } from "./packets/types.ts";
import type { Properties } from "./packets/properties.ts";
import { type Reason, Reasons } from "./packets/reason.ts";
import type { PeerCertificate } from "./runtime/stream.ts";
import type { Stats } from "./broker/stats.ts";

/** What a hook is told of a client. */
export interface Client {
  /** As the client gave it, or as the server made it up. */
  readonly id: string;
  /** Empty without one. A hook may change it during `onConnectAuthenticate`. */
  username: string;
  /** `ip:port`, `unix:path`, or what the listener says. */
  readonly remoteAddress: string;
  /** The listener's id. */
  readonly listener: string;
  /** Null without a verified one. */
  readonly certificate: PeerCertificate | null;
  /** 3, 4 or 5. */
  readonly version: number;
  /** Clean Session in 3.x. */
  readonly cleanStart: boolean;
  /** Seconds, 0 is off. */
  readonly keepAlive: number;
  /** Properties of CONNECT. */
  readonly properties: Properties;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** For hooks to keep what they like with the connection. */
  data: unknown;
}

/** An answer now or later. */
export type MaybePromise<T> = T | Promise<T>;

/** Access control and authentication: the first opinion counts; undefined is none; if nobody has one, it is deny. */
export type Opinion = "allow" | "deny" | undefined;

/** What a client wants to do with a topic (publish, deliver, will) or a filter (subscribe). */
export type Action = "publish" | "subscribe" | "deliver" | "will";

/** Name and password as they came; the password is not to be kept. */
export interface Credentials {
  /** Null without one. */
  readonly username: string | null;
  /** Null without one. */
  readonly password: Uint8Array | null;
}

/** One step of an enhanced authentication, MQTT 5.0 section 4.12. */
export interface AuthExchange {
  /** The method of the authentication. */
  readonly method: string;
  /** What the client sent; null without. */
  readonly data: Uint8Array | null;
  /** `connect`: CONNECT came; `continue`: AUTH 0x18 came; `reauthenticate`: AUTH 0x19 came. */
  readonly stage: "connect" | "continue" | "reauthenticate";
  /** The packet it came in. */
  readonly packet: ConnectPacket | AuthPacket;
}

/** What a hook answers to a step: one more round, done, or refused with a reason. */
export type AuthAnswer =
  | { readonly result: "continue"; readonly data?: Uint8Array }
  | { readonly result: "success"; readonly data?: Uint8Array }
  | { readonly result: "refuse"; readonly reason: Reason };

/** What becomes of a publish. */
export type PublishAnswer =
  | void
  /** Go on with this packet. */
  | { readonly packet: PublishPacket }
  /** Acknowledge it, deliver it to nobody. */
  | "accept"
  /** Neither acknowledge (as far as the protocol allows) nor deliver. */
  | "drop"
  /** Refuse; MQTT 5 publishers with QoS 1 or 2 see the reason. */
  | { readonly refuse: Reason };

/** A message as hooks see it. */
export interface MessageInfo {
  /** Never an alias. */
  readonly topic: string;
  /** Not to be changed. */
  readonly payload: Uint8Array;
  /** As published. */
  readonly qos: QoS;
  /** As published. */
  readonly retain: boolean;
  /** As published. */
  readonly properties: Properties;
  /** The client id of its publisher. */
  readonly publisher: string;
}

/** A plug-in: it implements the events it cares for. */
export interface Hook {
  /** Names the hook in errors and logs. */
  readonly id: string;
  /** The server is running. */
  onStarted?(): void;
  /** The server has stopped; what is still to be written is written now. */
  onStopped?(): MaybePromise<void>;
  /** $SYS was published. */
  onSysInfoTick?(stats: Stats): void;
  /** A well-formed CONNECT came. A reason refuses it. */
  onConnect?(client: Client, packet: ConnectPacket): MaybePromise<Reason | void>;
  /** May the client connect? Nobody may for whom no hook says so. */
  onConnectAuthenticate?(client: Client, credentials: Credentials): MaybePromise<Opinion>;
  /** Undefined: not my method. */
  onAuthPacket?(client: Client, exchange: AuthExchange): MaybePromise<AuthAnswer | undefined>;
  /** May the client do that? Nobody may for whom no hook says so. */
  onAclCheck?(client: Client, action: Action, topic: string): MaybePromise<Opinion>;
  /** The client may connect; CONNACK has not been sent. */
  onSessionEstablish?(client: Client, packet: ConnectPacket): void;
  /** CONNACK was sent. */
  onSessionEstablished?(client: Client, packet: ConnectPacket): void;
  /** `reason` is null when the client disconnected properly; `expire`: its session ends now. */
  onDisconnect?(client: Client, reason: Reason | null, expire: boolean): void;
  /** A new connection takes the client id over from `client`. */
  onTakeOver?(client: Client): void;
  /** Every packet received, decoded; MQTT's order. */
  onPacketRead?(client: Client, packet: Packet): void;
  /** Every packet handled. */
  onPacketProcessed?(client: Client, packet: Packet): void;
  /** Before filters are checked; a packet that is returned, with as many filters, takes its place. */
  onSubscribe?(client: Client, packet: SubscribePacket): MaybePromise<SubscribePacket | void>;
  /** One reason code for each filter. */
  onSubscribed?(client: Client, packet: SubscribePacket, reasonCodes: readonly number[]): void;
  /** A packet that is returned, with as many filters, takes its place. */
  onUnsubscribe?(client: Client, packet: UnsubscribePacket): MaybePromise<UnsubscribePacket | void>;
  /** One reason code for each filter. */
  onUnsubscribed?(client: Client, packet: UnsubscribePacket, reasonCodes: readonly number[]): void;
  /** After access control, before delivery. */
  onPublish?(client: Client, packet: PublishPacket): MaybePromise<PublishAnswer>;
  /** It went to its subscribers. */
  onPublished?(client: Client, packet: PublishPacket): void;
  /** A message was dropped on its way to this client id. */
  onPublishDropped?(clientId: string, message: MessageInfo, why: string): void;
  /** 1: kept, -1: removed, 0: there was nothing to remove. */
  onRetainMessage?(message: MessageInfo, change: 1 | 0 | -1): void;
  /** The will is about to be published; one that is returned takes its place. */
  onWill?(client: Client, will: Will): Will | void;
  /** The will was published. */
  onWillSent?(clientId: string, message: MessageInfo): void;
  /** A QoS 1 or 2 message was sent to a client. */
  onQosPublish?(clientId: string, message: MessageInfo, packetId: number, resend: boolean): void;
  /** The client has acknowledged it completely. */
  onQosComplete?(clientId: string, message: MessageInfo, packetId: number): void;
  /** It was given up. */
  onQosDropped?(clientId: string, message: MessageInfo, packetId: number): void;
  /** A session ended because its client stayed away. */
  onClientExpired?(clientId: string): void;
  /** A retained message ended with its Message Expiry Interval. */
  onRetainedExpired?(topic: string): void;
}

export type HookEvent = Exclude<keyof Hook, "id">;

const EVENTS: readonly HookEvent[] = [
  "onStarted",
  "onStopped",
  "onSysInfoTick",
  "onConnect",
  "onConnectAuthenticate",
  "onAuthPacket",
  "onAclCheck",
  "onSessionEstablish",
  "onSessionEstablished",
  "onDisconnect",
  "onTakeOver",
  "onPacketRead",
  "onPacketProcessed",
  "onSubscribe",
  "onSubscribed",
  "onUnsubscribe",
  "onUnsubscribed",
  "onPublish",
  "onPublished",
  "onPublishDropped",
  "onRetainMessage",
  "onWill",
  "onWillSent",
  "onQosPublish",
  "onQosComplete",
  "onQosDropped",
  "onClientExpired",
  "onRetainedExpired",
];

type Listening = { readonly [K in HookEvent]: (Hook & Required<Pick<Hook, K>>)[] };
type Arguments<K extends HookEvent> = Parameters<NonNullable<Hook[K]>>;

/** The hooks of one server, sorted by what they listen to. */
export class Hooks {
  readonly #hooks: Hook[] = [];
  readonly on: Listening = Object.fromEntries(EVENTS.map((event) => [event, []])) as unknown as Listening;
  /** Grows when answers given earlier may no longer hold. */
  generation = 1;
  readonly #report: (text: string) => void;
  readonly #timeout: number;

  /** `timeout`: milliseconds after which a promise counts as failed. */
  constructor(report: (text: string) => void, timeout: number) {
    this.#report = report;
    this.#timeout = timeout;
  }

  get all(): readonly Hook[] {
    return this.#hooks;
  }

  add(hook: Hook): void {
    if (this.#hooks.includes(hook)) throw new Error(`Cannot add hook "${hook.id}": it is there already`);
    this.#hooks.push(hook);
    this.#sort();
  }

  /** True when it was there. */
  remove(hook: Hook): boolean {
    const at = this.#hooks.indexOf(hook);
    if (at < 0) return false;
    this.#hooks.splice(at, 1);
    this.#sort();
    return true;
  }

  /** Cached decisions are asked for again. */
  invalidate(): void {
    this.generation++;
  }

  #sort(): void {
    for (const event of EVENTS) {
      const list: Hook[] = this.on[event];
      list.length = 0;
      for (const hook of this.#hooks) if (typeof hook[event] === "function") list.push(hook);
    }
    this.generation++;
  }

  /** Tells everyone; what one throws concerns nobody else. */
  notify<K extends HookEvent>(event: K, ...args: Arguments<K>): void {
    for (const hook of this.on[event]) {
      try {
        const answer: unknown = (hook[event] as (...a: Arguments<K>) => unknown).apply(hook, args);
        if (answer instanceof Promise) answer.catch((error: unknown) => this.failed(hook, event, error));
      } catch (error) {
        this.failed(hook, event, error);
      }
    }
  }

  /** The first opinion of those asked; deny when nobody has one, or when one throws. */
  decide(
    event: "onConnectAuthenticate" | "onAclCheck",
    ask: (hook: Hook) => MaybePromise<Opinion>,
  ): MaybePromise<boolean> {
    const list = this.on[event];
    for (let i = 0; i < list.length; i++) {
      const hook = list[i]!;
      try {
        const opinion = ask(hook);
        if (opinion instanceof Promise) return this.#decideLater(event, ask, list.slice(i), opinion);
        if (opinion !== undefined) return opinion === "allow";
      } catch (error) {
        this.failed(hook, event, error);
        return false;
      }
    }
    return false;
  }

  async #decideLater(
    event: HookEvent,
    ask: (hook: Hook) => MaybePromise<Opinion>,
    hooks: readonly Hook[],
    first: Promise<Opinion>,
  ): Promise<boolean> {
    for (let i = 0; i < hooks.length; i++) {
      try {
        const opinion = await this.limit(i === 0 ? first : ask(hooks[i]!));
        if (opinion !== undefined) return opinion === "allow";
      } catch (error) {
        this.failed(hooks[i]!, event, error);
        return false;
      }
    }
    return false;
  }

  /** The first reason somebody gives against it; null when nobody has one. A hook that throws is a reason. */
  ask(event: "onConnect", call: (hook: Hook) => MaybePromise<Reason | void>): MaybePromise<Reason | null> {
    const list = this.on[event];
    const from = (start: number): MaybePromise<Reason | null> => {
      for (let i = start; i < list.length; i++) {
        const hook = list[i]!;
        const failed = (error: unknown): Reason => {
          this.failed(hook, event, error);
          return Reasons.unspecifiedError;
        };
        try {
          const answer = call(hook);
          if (answer instanceof Promise) {
            return this.limit(answer).then((late) => late ?? from(i + 1), failed);
          }
          if (answer !== undefined) return answer;
        } catch (error) {
          return failed(error);
        }
      }
      return null;
    };
    return from(0);
  }

  /** Each hook may replace the packet; one that throws leaves it as it was. */
  chain<P>(
    event: "onSubscribe" | "onUnsubscribe",
    packet: P,
    call: (hook: Hook, packet: P) => MaybePromise<P | void>,
  ): MaybePromise<P> {
    const list = this.on[event];
    const from = (start: number, current: P): MaybePromise<P> => {
      for (let i = start; i < list.length; i++) {
        const hook = list[i]!;
        const failed = (error: unknown): MaybePromise<P> => {
          this.failed(hook, event, error);
          return from(i + 1, current);
        };
        try {
          const answer = call(hook, current);
          if (answer instanceof Promise) {
            return this.limit(answer).then((late) => from(i + 1, late ?? current), failed);
          }
          if (answer !== undefined) current = answer;
        } catch (error) {
          return failed(error);
        }
      }
      return current;
    };
    return from(0, packet);
  }

  /** Fails when the answer takes too long. */
  limit<T>(answer: MaybePromise<T>, timeout: number = this.#timeout): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${timeout} ms`)), timeout);
      Promise.resolve(answer).then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  failed(hook: Hook, event: HookEvent, error: unknown): void {
    this.#report(
      `Hook "${hook.id}" failed in ${event}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
