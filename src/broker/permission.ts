/** May this client do that? What access control said of a publish is remembered while nothing changes. */

import type { Client } from "../client.ts";
import type { Action, MaybePromise } from "../hook_answers.ts";
import { isPromise } from "../hooks.ts";
import type { TopicEntry } from "../topics/topic_table.ts";
import type { Broker } from "./broker.ts";
import type { Connection } from "./connection.ts";
import type { Routes } from "./routes.ts";

/** Topics only the server publishes to. */
export function isServerTopic(topic: string): boolean {
  return topic.startsWith("$SYS/") || topic === "$SYS";
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

export function mayPublish(connection: Connection, entry: TopicEntry<Routes>): MaybePromise<boolean> {
  const { broker } = connection;
  if (connection.allowed === entry && connection.allowedAt === broker.hooks.generation) return true;
  const client = connection.client!;
  if (isServerTopic(entry.topic) && !client.inline) return false;
  const answer = mayDo(broker, client, "publish", entry.topic);
  if (isPromise(answer)) {
    broker.slowAccess = true;
    return answer.then((allowed) => {
      if (allowed) remember(connection, entry);
      return allowed;
    });
  }
  if (answer) remember(connection, entry);
  return answer;
}

/** The same for a path that can't wait: false also when the answer takes time. */
export function mayPublishAtOnce(connection: Connection, entry: TopicEntry<Routes>): boolean {
  if (connection.allowed === entry && connection.allowedAt === connection.broker.hooks.generation) {
    return true;
  }
  if (connection.broker.slowAccess) return false;
  return mayPublish(connection, entry) === true;
}

function remember(connection: Connection, entry: TopicEntry<Routes>): void {
  connection.allowed = entry;
  connection.allowedAt = connection.broker.hooks.generation;
}
