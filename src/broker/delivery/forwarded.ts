/** What of a publish goes on to subscribers. */

import { NO_PROPERTIES, type Properties } from "../../packets/properties.ts";

/** Only what belongs to the message travels on, in the order of the standard's list. [MQTT-3.3.2-4] and others */
export function forwarded(properties: Properties): Properties {
  if (properties === NO_PROPERTIES) return NO_PROPERTIES;
  const { messageExpiryInterval: _e, topicAlias: _a, subscriptionIdentifiers: _s, ...rest } = properties;
  for (const _ in rest) return rest;
  return NO_PROPERTIES;
}
