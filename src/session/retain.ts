/** The RETAIN flag of a message on its way to a session, and why it is set: that decides whether it is sent. */

/**
 * `AS_PUBLISHED`: its publisher has set it, and the subscription wants to see that. `RETAINED`: it was there before the
 * subscription. [MQTT-3.3.1-8] [MQTT-3.3.1-13]
 */
export const Retain = { NO: 0, AS_PUBLISHED: 1, RETAINED: 2 } as const;

/** One of the three. */
export type Retain = (typeof Retain)[keyof typeof Retain];
