/** Hooks that let everyone in, write down what happens, or answer when a test says so. */

import type { Hook } from "../../src/hook/hook.ts";
import { HOOK_EVENTS, type HookEvent } from "../../src/hook/dispatcher.ts";
import type { MessageInfo, Selection } from "../../src/hook/answers.ts";
import type { Client } from "../../src/hook/client.ts";
import type { Packet } from "../../src/packets/types.ts";

/** AllCandidates may do everything. */
export const open: Hook = { id: "open", onConnectAuthenticate: () => "allow", onAclCheck: () => "allow" };

export function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

export function bytes(payload: string): Uint8Array {
  return new TextEncoder().encode(payload);
}

/** A message to compare with. */
export function infoOf({ topic, payload, qos, retain, properties, publisher }: MessageInfo): unknown[] {
  return [topic, text(payload), qos, retain, properties, publisher];
}

/** A hook of untyped code: what it answers is what a test says. */
export function untyped(id: string, methods: Record<string, (...args: never[]) => unknown>): Hook {
  return { id, ...methods } as Hook;
}

/** Every event in a line, in the order in which they come; lets everyone in, and is of the opinion that all may be done. */
export class Recorder {
  readonly lines: string[] = [];
  /** Without $SYS, and without what no test wants to see. */
  readonly hook: Hook;

  constructor(events: readonly HookEvent[] = HOOK_EVENTS, id: string = "recorder") {
    const methods = events.map((event) => [event, (...args: unknown[]): unknown => {
      this.lines.push(`${event}${line(event, args)}`);
      return event === "onConnectAuthenticate" || event === "onAclCheck" ? "allow" : undefined;
    }]);
    this.hook = { id, ...Object.fromEntries(methods) } as Hook;
  }

  /** What was written since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }
}

const NAMES = ["", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE"]
  .concat(
    ["SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"],
  );

export function packetName(packet: unknown): string {
  return NAMES[(packet as Packet).type]!;
}

function idOf(client: unknown): string {
  return (client as Client).id;
}

function line(event: HookEvent, args: readonly unknown[]): string {
  const [a, b, c] = args;
  switch (event) {
    case "onPacketRead":
    case "onPacketEncode":
    case "onPacketSent":
    case "onPacketProcessed":
      return ` ${idOf(a)} ${packetName(b)}`;
    case "onAclCheck":
      return ` ${idOf(a)} ${b} ${c}`;
    case "onAuthPacket":
      return ` ${idOf(a)} ${(b as { stage: string }).stage}`;
    case "onTakeOver":
      return ` ${idOf(a)}`;
    case "onDisconnect": {
      const reason = b as { code: number } | null;
      return ` ${idOf(a)} ${reason === null ? "null" : reason.code.toString(16)} ${c}`;
    }
    case "onClientExpired":
    case "onRetainedExpired":
      return ` ${a}`;
    case "onSelectSubscribers": {
      const { direct, shared } = b as Selection;
      return ` ${(a as MessageInfo).topic} ${direct.length}+${shared.length}`;
    }
    case "onRetainMessage":
      return ` ${(a as MessageInfo).topic} ${b}`;
    case "onDeliver":
    case "onRetainPublished":
      return ` ${idOf(a)} ${(b as MessageInfo).topic}`;
    case "onPublishDropped":
      return ` ${a} ${(b as MessageInfo).topic} ${c}`;
    case "onQosPublish":
    case "onQosComplete":
    case "onQosDropped":
    case "onPacketIdExhausted":
    case "onWillSent":
      return ` ${a} ${(b as MessageInfo).topic}`;
    case "onAccept":
    case "onStarted":
    case "onStopped":
    case "onSysInfoTick":
      return "";
    default:
      return event.startsWith("stored") ? "" : ` ${idOf(a)}`;
  }
}
