/** Packets written byte by byte, for what no encoder would write, and how the broker has to end over them. */

import assert from "node:assert/strict";
import type { Properties } from "../../../src/packets/properties.ts";
import type { TestBroker, TestClient } from "../../harness/mod.ts";
import { bytes } from "../../packets/notation.ts";

/** A packet: fixed header with the right length, and a body in the notation of `bytes`. */
export function raw(first: number, body = ""): Uint8Array {
  const content = bytes(body);
  const out = [first];
  let rest = content.length;
  for (; rest > 127; rest >>= 7) out.push(rest & 127 | 128);
  return Uint8Array.of(...out, rest, ...content);
}

/** A CONNECT: connect flags, properties with their length, and the payload, all in that notation. */
export function rawConnect(flags: string, properties: string, payload: string): Uint8Array {
  return raw(0x10, `"MQTT" 05 ${flags} 0000 ${properties} ${payload}`);
}

/** The notation of a string's bytes, with their length in front. */
export function field(content: readonly number[]): string {
  const hex = [content.length >> 8, content.length & 255, ...content];
  return hex.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes that are no UTF-8 in the eyes of the standard, [MQTT-1.5.4-1] and [MQTT-1.5.4-2]. */
export const illFormed: Readonly<Record<string, readonly number[]>> = {
  "a high surrogate": [0x61, 0xed, 0xa0, 0x80],
  "a low surrogate": [0xed, 0xbf, 0xbf],
  "a surrogate pair": [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  "an overlong character": [0xc0, 0xaf],
  "a lone continuation byte": [0x61, 0x80],
  "an unfinished character": [0xe2, 0x82],
  "a character above U+10FFFF": [0xf4, 0x90, 0x80, 0x80],
  "U+0000": [0x61, 0x00],
};

/** What a connected client is sent off with for these bytes. */
export async function ends(t: TestBroker, sent: Uint8Array, reasonCode: number): Promise<void> {
  const client = await t.connected();
  client.sendBytes(sent);
  await client.refusedWith(reasonCode);
}

/** What a CONNECT is refused with; the connection is closed behind it. */
export async function connectFails(t: TestBroker, sent: Uint8Array, reasonCode: number): Promise<void> {
  const client = t.client();
  client.sendBytes(sent);
  await refused(client, reasonCode);
}

/** The client's CONNECT is refused with this reason, and with nothing else. */
export async function refused(client: TestClient, reasonCode: number): Promise<Properties> {
  const ack = await client.expect(2);
  assert.equal(ack.reasonCode, reasonCode);
  assert.equal(ack.sessionPresent, false);
  await client.gone();
  return ack.properties;
}

/** Each string field of each packet, and what an ill-formed string in it does. */
export async function endsOverStrings(
  t: TestBroker,
  first: number,
  body: (field: string) => string,
): Promise<void> {
  for (const content of Object.values(illFormed)) {
    const sent = raw(first, body(field(content)));
    if (first === 0x10) await connectFails(t, sent, 0x81);
    else await ends(t, sent, 0x81);
  }
}
