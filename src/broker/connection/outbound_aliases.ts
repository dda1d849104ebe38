/** Topic aliases towards one client. MQTT 5.0 section 3.3.2.3.4. Given at the moment of writing, never stored. */

export class OutboundAliases {
  readonly #byTopic: Map<string, number> = new Map();
  readonly #maximum: number;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The alias the client knows for the topic, 0: none. */
  known(rawTopic: string): number {
    return this.#byTopic.get(rawTopic) ?? 0;
  }

  /** A new alias for the topic, 0 when all are given away [MQTT-3.1.2-26]. */
  give(rawTopic: string): number {
    const alias = this.#byTopic.size + 1;
    if (alias > this.#maximum) return 0;
    this.#byTopic.set(rawTopic, alias);
    return alias;
  }
}
