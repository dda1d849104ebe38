/** Which clients and topics are looked at. */

import { CodedTypeError } from "../../src/core/errors.ts";
import type { PacketView } from "../../src/hook/publish_view.ts";
import { filterCovers } from "../../src/topics/covers.ts";
import { topicMatches } from "../../src/topics/match.ts";
import { isShared, isTopicFilter, parseShared } from "../../src/topics/names.ts";

/** What is left out is not narrowed down. */
export interface ChosenRoutes {
  readonly clients?: readonly string[] | null;
  readonly topics?: readonly string[] | null;
}

export class Selection {
  readonly #clients: readonly string[] | null;
  readonly #topics: readonly string[] | null;

  /** Throws a TypeError when one of `topics` is no filter. */
  constructor({ clients = null, topics = null }: ChosenRoutes) {
    for (const filter of topics ?? []) {
      if (typeof filter === "string" && isTopicFilter(filter) && !isShared(filter)) continue;
      throw new CodedTypeError(
        "argument-invalid",
        `Invalid topic filter ${JSON.stringify(filter)}: "+" and "#" stand alone in their level`,
      );
    }
    this.#clients = clients === null ? null : [...clients];
    this.#topics = topics === null ? null : [...topics];
  }

  client(id: string): boolean {
    return this.#clients === null ||
      this.#clients.some((wanted) =>
        wanted.endsWith("*") ? id.startsWith(wanted.slice(0, -1)) : id === wanted
      );
  }

  topic(topic: string): boolean {
    return this.#topics === null || this.#topics.some((filter) => topicMatches(filter, topic));
  }

  /** `topic`: of a PUBLISH, where it has an alias. Packets without a topic are looked at with all topics only. */
  packet(packet: PacketView, topic?: string): boolean {
    if (this.#topics === null) return true;
    if (packet.type === 1) return packet.will !== null && this.topic(packet.will.topic);
    if (packet.type === 3) return this.topic(topic ?? packet.topic);
    if (packet.type === 8) return packet.subscriptions.some(({ filter }) => this.#filter(filter));
    if (packet.type === 10) return packet.filters.some((filter) => this.#filter(filter));
    return false;
  }

  get allClients(): boolean {
    return this.#clients === null;
  }

  get allTopics(): boolean {
    return this.#topics === null;
  }

  /** Does a subscription ask for something that is looked at only? (As sent: it may be no filter at all.) */
  #filter(sent: string): boolean {
    const filter = isShared(sent) ? parseShared(sent)?.filter ?? sent : sent;
    return this.#topics!.some((wanted) => filterCovers(wanted, filter));
  }
}
