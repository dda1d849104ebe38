/** `comqtt pub`: mosquitto_pub's options. */

import { readFileSync } from "node:fs";
import { textOf } from "../../core/error_text.ts";
import { CodedError } from "../../core/errors.ts";
import { quote } from "../../core/problem.ts";
import { isTopicName } from "../../topics/names.ts";
import { inputChunks, readInput } from "../../runtime/terminal.ts";
import type { OwnGiven, OwnLine } from "../own_options.ts";
import { UsageError } from "../usage_error.ts";
import { runOwn } from "./mqtt/command.ts";
import { pubHelp } from "./mqtt/help.ts";
import { linesOf } from "./mqtt/lines.ts";
import { pubOptions } from "./mqtt/options.ts";
import { type Messages, Publisher } from "./mqtt/publisher.ts";
import { sessionOf } from "./mqtt/session.ts";
import { qosOf, seconds, wholeNumber } from "./mqtt/values.ts";

/** What a PUBLISH can carry. */
const MOST_BYTES = 268_435_455;
const MODES = ["message", "file", "stdin-line", "stdin-file", "null-message"] as const;

export function pub(args: readonly string[]): Promise<number> {
  return runOwn({ name: "pub", options: pubOptions, help: pubHelp, run }, args);
}

async function run({ given, operands }: OwnLine): Promise<number> {
  if (operands.length > 0) throw new UsageError(`Command "pub" takes no ${quote(operands[0]!)}`);
  const session = sessionOf(given, "pub");
  const topic = given.last("topic") ?? session.topic;
  if (topic === undefined) throw new UsageError("No topic is given, expected -t TOPIC");
  if (!isTopicName(topic)) {
    const why = /[+#]/.test(topic)
      ? "+ and # are for filters"
      : "it is empty, or has a character that none may have";
    throw new UsageError(`Cannot publish to ${quote(topic)}: ${why}`);
  }
  const qos = qosOf("-q", given.last("qos"));
  const messages = await messagesOf(given);
  return await new Publisher({
    session,
    topic,
    qos,
    retain: given.has("retain"),
    messages,
    quiet: given.has("quiet"),
    debug: given.has("debug"),
  }).run();
}

async function messagesOf(given: OwnGiven): Promise<Messages> {
  const modes = MODES.filter((mode) => given.has(mode));
  if (modes.length === 0) throw new UsageError("No message is given, expected -m, -f, -l, -s or -n");
  if (modes.length > 1) {
    throw new UsageError("More than one kind of message is given, expected one of -m, -f, -l, -s and -n");
  }
  if (modes[0] === "stdin-line") return { lines: linesOf(inputChunks(), MOST_BYTES) };
  const payload = await payloadOf(modes[0]!, given);
  if (payload.length > MOST_BYTES) {
    throw new CodedError("packet-too-large", "The message is larger than MQTT can carry");
  }
  const repeat = given.last("repeat");
  const delay = given.last("repeat-delay");
  return {
    payload,
    count: repeat === undefined ? 1 : wholeNumber("--repeat", repeat, 1, Number.MAX_SAFE_INTEGER),
    delayMs: delay === undefined ? 0 : seconds("--repeat-delay", delay) * 1000,
  };
}

async function payloadOf(mode: typeof MODES[number], given: OwnGiven): Promise<Uint8Array> {
  if (mode === "message") return new TextEncoder().encode(given.last("message"));
  if (mode === "null-message") return new Uint8Array(0);
  if (mode === "stdin-file") return await readInput(MOST_BYTES) ?? new Uint8Array(MOST_BYTES + 1);
  const path = given.last("file")!;
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new CodedError("file-not-readable", `Cannot read ${quote(path)}: ${textOf(error)}`, {
      cause: error,
    });
  }
}
