/** What sessions report to the broker: counted, and told to hooks that listen. */

import type { MessageInfo } from "../../hook/answers.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import type { SessionHost } from "../../session/host.ts";
import { type Message, NEVER } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import { deliverAgain, deliverAgainNow, membersAsked } from "../delivery/deliver.ts";
import type { BackPressure } from "../delivery/back_pressure.ts";
import type { Durable } from "../durability/durable.ts";
import type { Sessions } from "./sessions.ts";
import { mayReceive } from "../access/receive_rights.ts";
import { shownMessage } from "../delivery/shown_message.ts";
import { CHECK } from "../../core/slices.ts";

/** Roughly the memory a delivery costs, beside its message. */
const DELIVERY_BYTES = 200;
/** So many may always be on their way to one client. */
const FEW = 16;

/** What the host of sessions needs of the broker. */
export interface HostParts extends Durable {
  readonly pressure: BackPressure;
  readonly sessions: Sessions;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Nobody is told no because the server is closed: what waits is the next one's. */
function answered(broker: HostParts, answer: MaybePromise<boolean>): MaybePromise<boolean> {
  if (broker.hooks.ended) return never();
  return isPromise(answer) ? answer.then((yes) => broker.hooks.ended ? never() : yes) : answer;
}

function never(): Promise<boolean> {
  return new Promise(() => {});
}

/** Makes the host, or brings an existing one up to date with hooks and limits. */
export function sessionHost(broker: HostParts, existing?: SessionHost<Session>): SessionHost<Session> {
  const { limits, stats, hooks } = broker;
  const shown = (message: Message): MessageInfo => shownMessage(broker, message);
  const host: Writable<SessionHost<Session>> = existing ?? {
    maximumInflight: limits.inflight,
    maximumQueuedMessages: limits.queuedMessages,
    maximumQueuedBytes: limits.queuedBytes,
    dropOldest: broker.options.queueFull === "drop-oldest",
    keepAll: false,
    now: () => broker.clock.now(),
    dropped(session, message, why): void {
      stats.messagesDropped++;
      if (why === "slow") stats.droppedSlow++;
      else if (why === "queueFull") stats.droppedQueueFull++;
      else if (why === "memory") stats.droppedMemory++;
      else if (why === "expired") stats.droppedExpired++;
      else if (why === "notAuthorized") stats.refused.notAuthorized++;
      else if (why === "tooLarge") stats.droppedTooLarge++;
      if (hooks.on.onPublishDropped.length > 0) {
        hooks.notify("onPublishDropped", session.clientId, shown(message), why);
      }
    },
    countInflight(delivery, by): void {
      stats.inflight += by;
      stats.inflightBytes += by * (delivery.message.size + DELIVERY_BYTES);
    },
    // (A few at a time, always: what it acknowledges makes it go on.)
    mayRead: (session) => stats.inflightBytes < limits.inflightBytes || session.inflightCount < FEW,
    countQueued(by): void {
      stats.queued += by;
    },
    filling: (outlet) => broker.pressure.add(outlet),
    expiring: (session) => broker.deadlines.add(session, broker.clock.due(session.waiting?.expires ?? NEVER)),
    due(session): number {
      const next = broker.sessions.due(session, broker.clock.now());
      return next === 0 ? 0 : broker.clock.due(next);
    },
    passOn(session, { message, group }, later = false): boolean {
      const current = broker.sessions.current(group!);
      if (current === null) return false;
      if (deliverAgainNow(broker, message, current, session)) return true;
      if (!later || membersAsked(broker, message, current) === null) return false;
      deliverAgain(broker, message, current);
      return true;
    },
    yields(session): boolean {
      const { persistence, slices } = broker;
      if (session.kept && persistence?.behind === true && persistence.waitForRoom(session)) return true;
      slices.units += 2;
      if (!slices.exhausted && (slices.units < CHECK || !slices.over(session.outlet!.slice))) return false;
      slices.wait(session);
      return true;
    },
  };
  host.maximumQueuedMessages = limits.queuedMessages;
  host.maximumQueuedBytes = limits.queuedBytes;
  listen(host, broker);
  return host;
}

/** What hooks listen to is told to them, and nothing else. */
function listen(host: Writable<SessionHost<Session>>, broker: HostParts): void {
  const { hooks } = broker;
  const shown = (message: Message): MessageInfo => shownMessage(broker, message);
  host.mayReceive = hooks.on.onAclCheck.length === 0
    ? undefined
    : (session, topic) => answered(broker, mayReceive(broker.hooks, session, topic, true));
  host.idsExhausted = hooks.on.onPacketIdExhausted.length === 0
    ? undefined
    : (session, message) => hooks.notify("onPacketIdExhausted", session.clientId, shown(message));
  host.qosPublish = hooks.on.onQosPublish.length === 0
    ? undefined
    : (session, d, resend) =>
      hooks.notify("onQosPublish", session.clientId, shown(d.message), d.packetId, resend);
  host.qosComplete = hooks.on.onQosComplete.length === 0
    ? undefined
    : (session, d) => hooks.notify("onQosComplete", session.clientId, shown(d.message), d.packetId);
  host.qosDropped = hooks.on.onQosDropped.length === 0
    ? undefined
    : (session, d) => hooks.notify("onQosDropped", session.clientId, shown(d.message), d.packetId);
  host.keepAll =
    hooks.on.onQosPublish.length + hooks.on.onQosComplete.length + hooks.on.onQosDropped.length > 0;
}
