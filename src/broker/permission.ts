/** May this client publish to this topic? Asked once per topic while nothing changes. */

import type { MaybePromise } from "../hook.ts";
import type { TopicEntry } from "../topics/topic_table.ts";
import type { Connection } from "./connection.ts";
import type { Routes } from "./routes.ts";

/** Topics only the server publishes to. */
export function isServerTopic(topic: string): boolean {
  return topic.startsWith("$SYS/") || topic === "$SYS";
}

export function mayPublish(connection: Connection, entry: TopicEntry<Routes>): MaybePromise<boolean> {
  const { hooks } = connection.broker;
  if (connection.allowed === entry && connection.allowedAt === hooks.generation) return true;
  if (isServerTopic(entry.topic)) return false;
  const client = connection.client!;
  const answer = hooks.decide("onAclCheck", (hook) => hook.onAclCheck!(client, "publish", entry.topic));
  if (answer instanceof Promise) {
    connection.broker.slowAccess = true;
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
