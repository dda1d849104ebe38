/** May this client do that? What access control said of a publish is remembered while nothing changes. */

import type { Client } from "../../hook/client.ts";
import type { Action } from "../../hook/answers.ts";
import { isPromise, type MaybePromise } from "../../core/maybe_promise.ts";
import type { TopicEntry } from "../../topics/topic_table.ts";
import type { Broker } from "../broker.ts";
import type { Connection } from "../connection/connection.ts";
import type { Routes } from "../delivery/routes.ts";

const SYSTEM = "$SYS/";
const STATE_OF = "$SYS/broker/connection/";
const STATE = "/state";

function isSystemTopic(topic: string): boolean {
  return topic.startsWith(SYSTEM) || topic === "$SYS";
}

/**
 * `$SYS/broker/connection/<name>/state`: a bridge says there whether it is connected, with its will and a retained
 * message. It is an ordinary topic.
 */
function isBridgeState(topic: string): boolean {
  return topic.startsWith(STATE_OF) && topic.endsWith(STATE) &&
    topic.indexOf("/", STATE_OF.length) === topic.length - STATE.length;
}

/** Topics only the server publishes to, unless a hook says otherwise. */
export function isServerTopic(topic: string): boolean {
  return isSystemTopic(topic) && !isBridgeState(topic);
}

/** May a client publish there at all, whatever its own rights are? */
export function isOpen(
  broker: Broker,
  client: Client,
  action: "publish" | "will",
  topic: string,
): MaybePromise<boolean> {
  if (client.inline || !isSystemTopic(topic)) return true;
  return broker.hooks.decide(
    "onServerTopic",
    (hook) => hook.onServerTopic!(client, action, topic),
    () => isBridgeState(topic),
  );
}

/** Both: the topic is open, and access control lets the client publish there. */
function mayPublishTo(broker: Broker, client: Client, topic: string): MaybePromise<boolean> {
  const open = isOpen(broker, client, "publish", topic);
  if (isPromise(open)) return open.then((yes) => yes && mayDo(broker, client, "publish", topic));
  return open && mayDo(broker, client, "publish", topic);
}

/** Asks access control. The program itself may do everything. */
export function mayDo(
  broker: Broker,
  client: Client,
  action: Action,
  topic: string,
): MaybePromise<boolean> {
  if (client.inline) return true;
  return broker.hooks.decide("onAclCheck", (hook) => hook.onAclCheck!(client, action, topic));
}

/** What the hot path was told of a topic and could not act on: the general path is about to want to know. */
export interface Unused {
  readonly entry: TopicEntry<Routes>;
  readonly generation: number;
  readonly answer: MaybePromise<boolean>;
}

export function mayPublish(connection: Connection, entry: TopicEntry<Routes>): MaybePromise<boolean> {
  const { broker, unused } = connection;
  const { generation } = broker.hooks;
  if (connection.allowed === entry && connection.allowedAt === generation) return true;
  connection.unused = null;
  if (unused !== null && unused.entry === entry && unused.generation === generation) return unused.answer;
  const answer = mayPublishTo(broker, connection.client!, entry.topic);
  if (isPromise(answer)) {
    broker.slowAccess = true;
    return answer.then((allowed) => {
      if (allowed) remember(connection, entry, generation);
      return allowed;
    });
  }
  if (answer) remember(connection, entry, generation);
  return answer;
}

/** The same for a path that can't wait: false also when the answer takes time. */
export function mayPublishAtOnce(connection: Connection, entry: TopicEntry<Routes>): boolean {
  const { hooks, slowAccess } = connection.broker;
  const { generation } = hooks;
  if (connection.allowed === entry && connection.allowedAt === generation) return true;
  const { unused } = connection;
  if (slowAccess || (unused !== null && unused.entry === entry && unused.generation === generation)) {
    return false;
  }
  const answer = mayPublish(connection, entry);
  if (answer === true) return true;
  connection.unused = { entry, generation, answer };
  return false;
}

/** (At which generation it was asked counts: the answer may have taken its time.) */
function remember(connection: Connection, entry: TopicEntry<Routes>, generation: number): void {
  connection.allowed = entry;
  connection.allowedAt = generation;
}
