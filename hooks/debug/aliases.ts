/** What the topic aliases of clients stand for: packets are looked at before the broker resolves them. */

import type { Client } from "../../src/hook/client.ts";
import type { PacketView } from "../../src/hook/publish_view.ts";

export class Aliases {
  /** They end with the connection. */
  readonly #topics: WeakMap<Client, Map<number, string>> = new WeakMap();

  /** The topic a PUBLISH is meant for; undefined for other packets and unknown aliases. */
  resolve(client: Client, packet: PacketView): string | undefined {
    if (packet.type !== 3) return undefined;
    const { topic, properties: { topicAlias } } = packet;
    if (topicAlias === undefined) return topic;
    const known = this.#topics.get(client);
    if (topic === "") return known?.get(topicAlias);
    // (As many as a client may have; with one more its connection ends.)
    if (known === undefined) this.#topics.set(client, new Map([[topicAlias, topic]]));
    else known.set(topicAlias, topic);
    return topic;
  }
}
