/** What a program may ask for. A mistake of a program is an exception that says what is accepted. */

import { isShared, isTopicFilter, isTopicName, levelCount, parseShared } from "../topics/names.ts";
import type { ErrorCode } from "../core/codes.ts";
import { CodedRangeError, CodedTypeError } from "../core/errors.ts";
import type { Limits } from "../core/options.ts";
import { described, unknownName } from "../core/misuse.ts";
import type { Properties } from "../packets/properties.ts";
import { PROPERTY_TABLE } from "../packets/property_table.ts";
import { utf8Length } from "../packets/wire.ts";

/** A name or filter in a message, not longer than one wants to read. */
export function quoted(value: unknown): string {
  if (typeof value !== "string") return described(value);
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value);
}

/** Throws a TypeError or RangeError when it is no topic name that may be published to. */
export function checkTopic(topic: string, limits: Limits): void {
  const what = `Cannot publish to ${quoted(topic)}`;
  if (typeof topic !== "string" || topic === "") {
    throw new CodedTypeError("topic-invalid", `${what}: expected a topic name`);
  }
  if (topic.includes("#") || topic.includes("+")) {
    throw new CodedTypeError("topic-invalid", `${what}: a topic name has no wildcards`);
  }
  if (!isTopicName(topic) || !topic.isWellFormed()) {
    throw new CodedTypeError("topic-invalid", `${what}: a topic name has neither U+0000 nor lone surrogates`);
  }
  checkSize("topic-invalid", what, topic, limits);
}

/** Throws a TypeError or RangeError when it is no filter that may be subscribed to. */
export function checkFilter(what: string, filter: string, limits: Limits): void {
  if (typeof filter !== "string" || filter === "") {
    throw new CodedTypeError("filter-invalid", `${what}: expected a topic filter`);
  }
  if (isShared(filter)) {
    if (parseShared(filter) === null) {
      throw new CodedTypeError(
        "filter-invalid",
        `${what}: expected "$share/", a name without wildcards, "/" and a topic filter`,
      );
    }
  } else if (!isTopicFilter(filter)) {
    throw new CodedTypeError(
      "filter-invalid",
      `${what}: "+" and "#" stand alone in their level, and "#" only in the last one`,
    );
  }
  if (!filter.isWellFormed()) {
    throw new CodedTypeError("filter-invalid", `${what}: a topic filter has no lone surrogates`);
  }
  checkSize("filter-invalid", what, filter, limits);
}

/** Throws a TypeError when one of them is no property of MQTT 5: it would be lost without a word. */
export function checkPropertyNames(what: string, properties: Properties): void {
  for (const name of Object.keys(properties)) {
    if (!PROPERTY_NAMES.includes(name)) {
      throw new CodedTypeError("packet-invalid", `${what}: ${unknownName("property", name, PROPERTY_NAMES)}`);
    }
  }
}

const PROPERTY_NAMES: readonly string[] = PROPERTY_TABLE.map(({ name }) => name);

function checkSize(code: ErrorCode, what: string, text: string, { topicLength, topicLevels }: Limits): void {
  const length = utf8Length(text);
  if (length > topicLength) {
    throw new CodedRangeError(
      code,
      `${what}: ${length} bytes, at most ${topicLength} (limits.topicLength) are accepted`,
    );
  }
  const levels = levelCount(text);
  if (levels > topicLevels) {
    throw new CodedRangeError(
      code,
      `${what}: ${levels} levels, at most ${topicLevels} (limits.topicLevels) are accepted`,
    );
  }
}
