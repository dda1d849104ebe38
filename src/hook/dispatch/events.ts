/** The events there are, and whether a hook listens to one. */

import type { Hook } from "../hook.ts";

/** What a hook can listen to. */
export type HookEvent = Exclude<keyof Hook, "id" | "init" | "storage" | "requiresCredentials">;

/** (So that the compiler says which event of `Hook` is missing here, and which is none.) */
const EVENTS = {
  onStarted: true,
  onStopped: true,
  onSysInfoTick: true,
  onAccept: true,
  onPacketRead: true,
  onConnect: true,
  onConnectAuthenticate: true,
  onAuthenticationFailed: true,
  onAuthPacket: true,
  onAclCheck: true,
  onServerTopic: true,
  onExplain: true,
  onSessionEstablish: true,
  onSessionEstablished: true,
  onTakeOver: true,
  onDisconnect: true,
  onClientExpired: true,
  onPacketEncode: true,
  onPacketSent: true,
  onPacketProcessed: true,
  onSubscribe: true,
  onSubscribed: true,
  onUnsubscribe: true,
  onUnsubscribed: true,
  onPublish: true,
  onPublished: true,
  onSelectSubscribers: true,
  onDeliver: true,
  onPublishDropped: true,
  onRetainMessage: true,
  onRetainPublished: true,
  onRetainedExpired: true,
  onQosPublish: true,
  onQosComplete: true,
  onQosDropped: true,
  onPacketIdExhausted: true,
  onWill: true,
  onWillSent: true,
  storedClients: true,
  storedSubscriptions: true,
  storedInflightMessages: true,
  storedRetainedMessages: true,
  storedSysInfo: true,
} satisfies Record<HookEvent, true>;

/** All of them. */
export const HOOK_EVENTS: readonly HookEvent[] = Object.keys(EVENTS) as HookEvent[];

/**
 * A method with nothing in its body listens to nothing: whoever writes all of them down, to be filled in one day,
 * does not pay for what is not there yet. (A runtime that does not tell what is in a function calls it.)
 */
export function listens(method: unknown): boolean {
  if (typeof method !== "function") return false;
  const text = Function.prototype.toString.call(method).replace(COMMENTS, "");
  return text.length > 300 || !EMPTY.test(text);
}

const COMMENTS = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
const EMPTY = /^[^(){}]*\([^(){}]*\)\s*(?:=>\s*)?\{\s*\}$/;
