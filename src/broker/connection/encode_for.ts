/** A packet object into a connection's output, cut down to what its client wants and takes. */

import { encode } from "../../packets/encode.ts";
import type { Packet } from "../../packets/types.ts";
import { Writer } from "../../packets/wire.ts";
import type { Wire } from "./wire.ts";

// One for all: encoding never waits.
const writer = new Writer(512);

/** The bytes it took; 0 when the packet can't be made small enough for the client's Maximum Packet Size. [MQTT-3.1.2-24] */
export function encodeFor(connection: Wire, packet: Packet): number {
  const bytes = encodedFor(connection, packet);
  if (bytes === null) return 0;
  connection.output.appendAll(bytes);
  connection.broker.stats.bytesSent += bytes.length;
  return bytes.length;
}

/** The same without sending them; null: it can't be made small enough. Valid until something else is encoded. */
export function encodedFor(
  { version, maximumPacketSize }: Pick<Wire, "version" | "maximumPacketSize">,
  packet: Packet,
): Uint8Array | null {
  writer.reset();
  encode(writer, packet, version);
  if (writer.length > maximumPacketSize) {
    // Reason String and User Properties go first. [MQTT-3.2.2-19] [MQTT-3.2.2-20] and their like
    const smaller = withoutProblemInformation(packet);
    if (smaller === null) return null;
    writer.reset();
    encode(writer, smaller, version);
    if (writer.length > maximumPacketSize) return null;
  }
  return writer.view();
}

/** Whether the packet, as it is, is one the client takes. */
export function fits(connection: Wire, packet: Packet): boolean {
  if (connection.maximumPacketSize === 0xffffffff) return true;
  writer.reset();
  encode(writer, packet, connection.version);
  return writer.length <= connection.maximumPacketSize;
}

function withoutProblemInformation(packet: Packet): Packet | null {
  if (!("properties" in packet)) return null;
  if (!("reasonString" in packet.properties) && !("userProperties" in packet.properties)) return null;
  const { reasonString: _r, userProperties: _u, ...properties } = packet.properties;
  return { ...packet, properties } as Packet;
}
