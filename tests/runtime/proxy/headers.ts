/** Headers of the PROXY protocol as proxies write them. */

import { Buffer } from "node:buffer";
import { crc32c } from "../../../src/runtime/proxy/crc32c.ts";

export function line(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\r\n`);
}

const signature = Uint8Array.from([13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]);

/** `addresses`: of the family; `added`: what follows them. */
export function binary(
  command: number,
  family: number,
  addresses: Iterable<number> = [],
  added: Iterable<number> = [],
): Uint8Array {
  const body = [...addresses, ...added];
  return Uint8Array.from([...signature, command, family, body.length >> 8, body.length & 255, ...body]);
}

export const v4: readonly number[] = [192, 0, 2, 7, 10, 0, 0, 1, 0x9c, 0x40, 0x07, 0x5b]; // 40000, 1883
export const v6: readonly number[] = [
  ...[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
  ...[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0x9c, 0x40, 0x07, 0x5b],
];

export function unix(source: string, target: string): number[] {
  const path = (text: string): Uint8Array => {
    const bytes = new Uint8Array(108);
    bytes.set(new TextEncoder().encode(text));
    return bytes;
  };
  return [...path(source), ...path(target)];
}

export function tlv(type: number, value: Iterable<number>): number[] {
  const bytes = [...value];
  return [type, bytes.length >> 8, bytes.length & 255, ...bytes];
}

/** With a checksum at its end. */
export function summed(
  command: number,
  family: number,
  addresses: Iterable<number>,
  added: Iterable<number> = [],
): Uint8Array {
  const header = binary(command, family, addresses, [...added, ...tlv(3, [0, 0, 0, 0])]);
  const sum = crc32c(header);
  new DataView(header.buffer).setUint32(header.length - 4, sum);
  return header;
}

export function text(header: Uint8Array): string {
  return Buffer.from(header).toString("latin1");
}
