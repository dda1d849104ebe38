/** What is measured: who publishes where, and who subscribes. */

export interface Layout {
  /** The topic of each publisher. */
  readonly topics: readonly string[];
  /** The filter of each subscriber. */
  readonly filters: readonly string[];
  /** How often a message arrives, all subscribers together. */
  readonly copies: number;
}

export interface Scenario {
  readonly name: string;
  readonly text: string;
  /** How many clients, when nobody says. */
  readonly clients: number;
  /** Null: connections are all there is. */
  readonly layout: ((prefix: string, clients: number) => Layout) | null;
  /** A message is sent when the one before has arrived. */
  readonly oneByOne?: true;
}

const times = (count: number, make: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const SCENARIOS: readonly Scenario[] = [
  { name: "connections", text: "clients that connect, 50 at a time", clients: 1000, layout: null },
  {
    name: "p2p",
    text: "pairs: each publisher has a subscriber",
    clients: 10,
    layout: (prefix, clients) => ({
      topics: times(clients, (i) => `${prefix}/${i}`),
      filters: times(clients, (i) => `${prefix}/${i}`),
      copies: 1,
    }),
  },
  {
    name: "fan-out",
    text: "one publisher, all others subscribe",
    clients: 100,
    layout: (prefix, clients) => ({
      topics: [`${prefix}/all`],
      filters: times(clients, () => `${prefix}/all`),
      copies: clients,
    }),
  },
  {
    name: "fan-in",
    text: "all publish to one subscriber",
    clients: 100,
    layout: (prefix, clients) => ({
      topics: times(clients, (i) => `${prefix}/${i}`),
      filters: [`${prefix}/+`],
      copies: 1,
    }),
  },
  {
    name: "shared",
    text: "publishers, and as many in one shared subscription",
    clients: 10,
    layout: (prefix, clients) => ({
      topics: times(clients, (i) => `${prefix}/${i}`),
      filters: times(clients, () => `$share/bench/${prefix}/+`),
      copies: 1,
    }),
  },
  {
    name: "latency",
    text: "one message at a time, from one client to another",
    clients: 1,
    oneByOne: true,
    layout: (prefix) => ({ topics: [`${prefix}/one`], filters: [`${prefix}/one`], copies: 1 }),
  },
];
