/** Why a connection ends, or something is refused, as its line in the log says it. */

import type { Cause } from "../../core/cause.ts";
import type { EventCode } from "../../core/codes.ts";
import type { LogFields } from "../../core/log.ts";
import { type Malformed, type Reason, Reasons } from "../../packets/reason.ts";
import { utf8Length } from "../../packets/wire.ts";
import { levelCount } from "../../topics/names.ts";
import type { Capabilities, Limits } from "../../core/options.ts";

export type { Cause } from "../../core/cause.ts";

/** What a client is told, and what the log says. */
export interface Refusal {
  readonly reason: Reason;
  readonly cause: Cause;
}

/** Above a limit. */
export function over(code: EventCode, limits: Limits, name: keyof Limits, size?: number): Cause {
  return { code, setting: `limits.${name}`, limit: limits[name], size };
}

/** What the server does not offer. */
export function notOffered(capabilities: Capabilities, name: keyof Capabilities, size?: number): LogFields {
  return { setting: `capabilities.${name}`, limit: capabilities[name], size };
}

/** The same as the end of a connection. */
export function unavailable(capabilities: Capabilities, name: keyof Capabilities, size?: number): Cause {
  return { code: "feature-not-available", ...notOffered(capabilities, name, size) };
}

/** What was decoded has more of something than it may. Undefined: it is malformed. */
export function limitOf(limits: Limits, { reason }: Malformed): Cause | undefined {
  if (reason !== Reasons.quotaExceeded) return undefined;
  return over("user-properties-exceeded", limits, "userProperties");
}

/** The bound a topic name or filter does not keep to; undefined: it keeps to both. */
export function topicBound(
  limits: Limits,
  topic: string,
): Pick<Cause, "setting" | "limit" | "size"> | undefined {
  const length = utf8Length(topic);
  if (length > limits.topicLength) {
    return { setting: "limits.topicLength", limit: limits.topicLength, size: length };
  }
  const levels = levelCount(topic);
  if (levels <= limits.topicLevels) return undefined;
  return { setting: "limits.topicLevels", limit: limits.topicLevels, size: levels };
}

/** A topic that is too long or too deep; undefined: that is not what is wrong with it. */
export function topicTooLong(limits: Limits, topic: string): Cause | undefined {
  const bound = topicBound(limits, topic);
  return bound === undefined ? undefined : { code: "topic-too-long", topic, ...bound };
}
