/** One numbered normative statement of an MQTT standard. */
export interface Statement {
  /** The number the standard gives it, without brackets: "MQTT-3.1.2-24". */
  readonly id: string;

  /**
   * What it demands, in one sentence and in our own words; the binding text is
   * the standard's.
   */
  readonly says: string;

  /**
   * Whether a server can show or violate it.
   *
   * A rule for clients counts when the server has to act on a client that
   * breaks it, or can be seen to work with one that keeps it.
   */
  readonly server: boolean;

  /** Why it does not concern a server; given exactly when `server` is false. */
  readonly why?: string;
}
