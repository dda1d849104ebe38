/** What `pub`, `sub` and `bench` have in common around their work. */

import { LostError, RefusedError } from "../../../client/error.ts";
import { textOf } from "../../../core/error_text.ts";
import { type Packet, PacketType } from "../../../packets/types.ts";
import { writeErrorOutput, writeOutput } from "../../../runtime/process.ts";
import { type OwnLine, type OwnOption, parseOwn } from "../../own_options.ts";
import { UsageError } from "../../usage_error.ts";

/** What processes end with, besides the codes of MQTT. */
export const ExitCode = { done: 0, failed: 1, lost: 7, timedOut: 27 } as const;

export interface OwnCommand {
  readonly name: string;
  readonly options: readonly OwnOption[];
  readonly help: string;
  run(line: OwnLine): Promise<number>;
}

/** Answers what the process ends with: of a broker's refusal its code, as mosquitto's clients do. */
export async function runOwn(
  { name, options, help, run }: OwnCommand,
  args: readonly string[],
): Promise<number> {
  try {
    const line = parseOwn(name, args, options);
    if (!line.given.has("help")) return await run(line);
    writeOutput(help);
    return ExitCode.done;
  } catch (error) {
    const hint = error instanceof UsageError ? `; comqtt ${name} --help shows what there is` : "";
    if (!args.includes("--quiet") || error instanceof UsageError) complain(`${textOf(error)}${hint}`);
    return exitCodeOf(error);
  }
}

export function exitCodeOf(error: unknown): number {
  return error instanceof RefusedError ? error.reasonCode : ExitCode.failed;
}

export function complain(text: string): void {
  writeErrorOutput(`comqtt: ${text}\n`);
}

export function isLost(error: unknown): boolean {
  return error instanceof LostError;
}

const names = Object.fromEntries(Object.entries(PacketType).map(([name, type]) => [type, name]));

/** For `--debug`: a line for each packet; never a password. */
export function tracePacket(direction: "sent" | "received", packet: Packet): void {
  const parts: string[] = [];
  if ("packetId" in packet && packet.packetId !== 0) parts.push(`id ${packet.packetId}`);
  if (packet.type === PacketType.PUBLISH) {
    const { qos, retain, topic, payload } = packet;
    parts.push(`qos ${qos}`, `retain ${retain ? 1 : 0}`, JSON.stringify(topic), `${payload.length} bytes`);
  }
  if ("reasonCode" in packet) parts.push(`code ${packet.reasonCode}`);
  if ("reasonCodes" in packet) parts.push(`codes ${packet.reasonCodes.join(" ")}`);
  if (packet.type === PacketType.SUBSCRIBE) {
    parts.push(...packet.subscriptions.map(({ filter, qos }) => `${JSON.stringify(filter)} qos ${qos}`));
  }
  writeErrorOutput(
    `${direction === "sent" ? ">" : "<"} ${names[packet.type]} ${parts.join(" ")}`.trimEnd() + "\n",
  );
}

/** For `--debug`: the connection is gone, whoever ended it. */
export function traceEnd(): void {
  writeErrorOutput("The connection has ended\n");
}
