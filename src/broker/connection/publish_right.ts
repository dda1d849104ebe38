/** What access control has said of publishes, as a connection remembers it. */

import type { MaybePromise } from "../../core/maybe_promise.ts";
import type { TopicEntry } from "../../topics/topic_table.ts";
import type { Routes } from "../delivery/routes.ts";

/** What the hot path was told of a topic and could not act on: the general path is about to want to know. */
export interface PublishAnswer {
  readonly entry: TopicEntry<Routes>;
  readonly generation: number;
  readonly answer: MaybePromise<boolean>;
}
