/** Packets the program sends in the name of a client. */

import { CodedRangeError, CodedTypeError } from "../core/errors.ts";
import type { Connection } from "../broker/connection/connection.ts";
import { textOf } from "../core/error_text.ts";
import { decode } from "../packets/decode.ts";
import { encode } from "../packets/encode.ts";
import { remainingLength, varintLength } from "../packets/fixed_header.ts";
import { Malformed } from "../packets/reason.ts";
import type { Packet, ProtocolVersion } from "../packets/types.ts";
import { Writer } from "../packets/wire.ts";

/** As if the client had sent it now. Throws a TypeError or RangeError when there is no such packet. */
export function inject(connection: Connection, packet: Packet): Promise<void> {
  const { broker, client, version } = connection;
  const what = `Cannot inject a packet for client ${JSON.stringify(client?.id ?? "")}`;
  const bytes = encoded(packet, version, what, broker.limits.userProperties);
  const { packetSize } = broker.limits;
  if (bytes.length > packetSize) {
    throw new CodedRangeError(
      "packet-too-large",
      `${what}: it has ${bytes.length} bytes, at most ${packetSize} (limits.packetSize) are accepted`,
    );
  }
  // (A client of the program is alive while the program speaks for it; that of a network has to say so itself.)
  if (connection.admitted) connection.heardAt = broker.clock.monotonic();
  return connection.inject(bytes);
}

/** The bytes of a packet that can be read again. */
export function encoded(
  packet: Packet,
  version: ProtocolVersion,
  what: string,
  maxUserProperties: number,
): Uint8Array {
  const writer = new Writer();
  try {
    encode(writer, packet, version);
  } catch (error) {
    const text = textOf(error);
    throw new CodedTypeError("packet-invalid", `${what}: it cannot be encoded: ${text}`, { cause: error });
  }
  const bytes = writer.view().slice();
  const rest = remainingLength(bytes, 1, bytes.length);
  const body = 1 + varintLength(Math.max(rest, 0));
  const again = decode(bytes[0]!, bytes, body, bytes.length, { version, maxUserProperties });
  if (again instanceof Malformed) {
    throw new CodedTypeError("packet-invalid", `${what}: it is malformed: ${again.detail}`);
  }
  // (More than fits into the bits there are for it has lost some of them.)
  if (again.type !== packet.type) {
    throw new CodedTypeError("packet-invalid", `${what}: there is no packet of type ${packet.type}`);
  }
  if (
    "packetId" in again && "packetId" in packet && again.packetId !== packet.packetId && again.packetId > 0
  ) {
    throw new CodedRangeError(
      "packet-invalid",
      `${what}: its packet id is ${packet.packetId}, expected 1 to 65535`,
    );
  }
  return bytes;
}
