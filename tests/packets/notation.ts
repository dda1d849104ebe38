/** How the fixtures write bytes, and decoding of whole packets. */

import { decode, type DecodeOptions } from "../../src/packets/decode.ts";
import { encode } from "../../src/packets/encode.ts";
import { remainingLength, varintLength } from "../../src/packets/fixed_header.ts";
import type { Malformed } from "../../src/packets/reason.ts";
import type { Packet, ProtocolVersion } from "../../src/packets/types.ts";
import { Writer } from "../../src/packets/wire.ts";

/** Hex pairs, `'text'`, and `"text"` with its two length bytes in front: `30 08 "a/b" 'hey'`. */
export function bytes(notation: string): Uint8Array {
  const out: number[] = [];
  for (const token of notation.match(/'[^']*'|"[^"]*"|\S+/g) ?? []) {
    if (token.startsWith("'") || token.startsWith('"')) {
      const text = new TextEncoder().encode(token.slice(1, -1));
      if (token.startsWith('"')) out.push(text.length >> 8, text.length & 0xFF);
      out.push(...text);
    } else {
      if (!/^([0-9a-f]{2})+$/i.test(token)) throw new Error(`Cannot read fixture: ${token}`);
      for (let i = 0; i < token.length; i += 2) out.push(parseInt(token.slice(i, i + 2), 16));
    }
  }
  return Uint8Array.from(out);
}

export function options(version: ProtocolVersion, maxUserProperties = 1000): DecodeOptions {
  return { version, maxUserProperties };
}

/** Decodes one packet, fixed header included, that fills `data`. */
export function decodeWhole(data: Uint8Array, version: ProtocolVersion): Packet | Malformed {
  const length = remainingLength(data, 1, data.length);
  const start = 1 + varintLength(length);
  if (length < 0 || start + length !== data.length) {
    throw new Error(`Cannot decode: remaining length ${length} in a packet of ${data.length} bytes`);
  }
  return decode(data[0], data, start, data.length, options(version));
}

/** Decodes a body behind a first byte. */
export function decodeBody(first: number, body: Uint8Array, version: ProtocolVersion): Packet | Malformed {
  return decode(first, body, 0, body.length, options(version));
}

/** The bytes of one packet, in memory of their own. */
export function encodeWhole(packet: Packet, version: ProtocolVersion): Uint8Array {
  const writer = new Writer();
  encode(writer, packet, version);
  return writer.view().slice();
}
