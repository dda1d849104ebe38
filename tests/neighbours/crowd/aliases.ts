/** Publishers that give a topic alias another topic with each message. */

import { type Pour, poured } from "./poured.ts";
import type { Scenario } from "./scenario.ts";

const ALIASES = 1024;

export function aliasChanges(clients: number): Pour {
  return {
    clients,
    version: 5,
    // (Some 300,000 topics each: those that come again have long been forgotten.)
    pieces: 128,
    add: (batch, i, client) =>
      void batch.publish(`al/${client}/${i}`, "x", { properties: { topicAlias: i % ALIASES + 1 } }),
    what: "aliases changed",
  };
}

export const aliases: readonly Scenario[] = [
  {
    name: "10alias",
    does: "one client changes topic aliases as fast as it goes, QoS 0",
    seconds: 6,
    ...poured(aliasChanges(1)),
  },
  {
    name: "10alias4",
    does: "four clients change topic aliases as fast as they go, QoS 0",
    seconds: 6,
    ...poured(aliasChanges(4)),
  },
];
