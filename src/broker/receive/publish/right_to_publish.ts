/** May this client publish there? What access control said is remembered while nothing changes. */

import { isPromise, type MaybePromise } from "../../../core/maybe_promise.ts";
import type { Client } from "../../../hook/client.ts";
import type { Hooks } from "../../../hook/dispatcher.ts";
import type { TopicEntry } from "../../../topics/topic_table.ts";
import { isOpen, mayDo } from "../../access/access.ts";
import type { Connection } from "../../connection/connection.ts";
import type { Routes } from "../../delivery/routes.ts";

/** Both: the topic is open, and access control lets the client publish there. */
function mayPublishTo(hooks: Hooks, client: Client, topic: string): MaybePromise<boolean> {
  const open = isOpen(hooks, client, "publish", topic);
  if (isPromise(open)) return open.then((yes) => yes && mayDo(hooks, client, "publish", topic));
  return open && mayDo(hooks, client, "publish", topic);
}

export function mayPublish(connection: Connection, entry: TopicEntry<Routes>): MaybePromise<boolean> {
  const { publishAnswer: known } = connection;
  const { hooks } = connection.broker;
  const { generation } = hooks;
  if (connection.allowed === entry && connection.allowedAt === generation) return true;
  connection.publishAnswer = null;
  if (known !== null && known.entry === entry && known.generation === generation) return known.answer;
  const answer = mayPublishTo(hooks, connection.client!, entry.topic);
  if (isPromise(answer)) {
    hooks.slowAccess = true;
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
  const { generation, slowAccess } = connection.broker.hooks;
  if (connection.allowed === entry && connection.allowedAt === generation) return true;
  const { publishAnswer: known } = connection;
  if (slowAccess || (known !== null && known.entry === entry && known.generation === generation)) {
    return false;
  }
  const answer = mayPublish(connection, entry);
  if (answer === true) return true;
  connection.publishAnswer = { entry, generation, answer };
  return false;
}

/** (At which generation it was asked counts: the answer may have taken its time.) */
function remember(connection: Connection, entry: TopicEntry<Routes>, generation: number): void {
  connection.allowed = entry;
  connection.allowedAt = generation;
}
