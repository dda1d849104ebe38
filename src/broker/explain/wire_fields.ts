/** The bytes of a packet to a client, field by field. They are our own: nothing in them is malformed. */

import { remainingLength, varintLength } from "../../packets/fixed_header.ts";
import { PROPERTY_TABLE, type PropertyWire } from "../../packets/property_table.ts";
import { reasonText } from "../../packets/reason.ts";
import { PacketType, type ProtocolVersion } from "../../packets/types.ts";
import type { ExplainedBytes } from "./types.ts";
import { shown } from "./words.ts";

const V3_CODES = [
  "accepted",
  "unacceptable protocol version",
  "identifier rejected",
  "server unavailable",
  "bad user name or password",
  "not authorized",
];

export function packetName(type: number): string {
  return Object.entries(PacketType).find(([, number]) => number === type)?.[0] ?? "";
}

export function fieldsOf(bytes: Uint8Array, version: ProtocolVersion): ExplainedBytes[] {
  const walk = new Walk(bytes);
  const type = bytes[0]! >> 4;
  const flags = type === PacketType.PUBLISH ? publishFlags(bytes[0]!) : "";
  walk.take(1, packetName(type), flags);
  walk.varint("remaining length");
  const five = version === 5;
  switch (type) {
    case PacketType.CONNACK:
      walk.take(1, "session present", walk.peek() === 1 ? "yes" : "no");
      if (five) walk.reason("reason");
      else walk.take(1, "return code", V3_CODES[walk.peek()] ?? "");
      break;
    case PacketType.PUBLISH:
      walk.text("topic");
      if ((bytes[0]! & 6) !== 0) walk.u16("packet id");
      break;
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.SUBACK:
      walk.u16("packet id");
      if (type !== PacketType.SUBACK && walk.left > 0) walk.reason("reason");
      break;
    case PacketType.DISCONNECT:
      if (walk.left > 0) walk.reason("reason");
  }
  if (five && walk.left > 0) properties(walk);
  if (type === PacketType.SUBACK) subackCode(walk, five);
  return walk.fields;
}

function subackCode(walk: Walk, five: boolean): void {
  const code = walk.peek();
  if (code <= 2) walk.take(1, "granted", `QoS ${code}`);
  else if (five) walk.reason("reason");
  else walk.take(1, "return code", "failure");
}

function publishFlags(first: number): string {
  return `QoS ${(first >> 1) & 3}${(first & 1) === 1 ? ", retained" : ""}`;
}

function properties(walk: Walk): void {
  const end = walk.left - walk.varint("properties");
  // (What comes before the end of the packet is behind the properties: the codes of SUBACK.)
  const rest = Math.max(0, end - walk.took);
  while (walk.left > rest) {
    const spec = PROPERTY_TABLE.find(({ id }) => id === walk.peek())!;
    walk.property(spec.name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`), spec.wire);
  }
}

/** From the beginning to the end. */
class Walk {
  readonly fields: ExplainedBytes[] = [];
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Bytes of the last number of varying length. */
  took = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  take(count: number, name: string, value: string): void {
    const bytes = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    this.fields.push({ bytes: hex, name, value });
  }

  u16(name: string): void {
    this.take(2, name, String((this.peek() << 8) | this.#bytes[this.#at + 1]!));
  }

  varint(name: string): number {
    const value = remainingLength(this.#bytes, this.#at, this.#bytes.length);
    this.took = varintLength(value);
    this.take(this.took, name, String(value));
    return value;
  }

  reason(name: string): void {
    const code = this.peek();
    this.take(1, name, `0x${code.toString(16).padStart(2, "0")} ${reasonText(code)}`);
  }

  text(name: string): void {
    this.take(this.#textLength(0), name, this.#text(0));
  }

  /** Its identifier and its value. */
  property(name: string, wire: PropertyWire): void {
    switch (wire) {
      case "byte":
        return this.take(2, name, String(this.#bytes[this.#at + 1]));
      case "boolean":
        return this.take(2, name, this.#bytes[this.#at + 1] === 1 ? "yes" : "no");
      case "u16":
        return this.take(3, name, String((this.#bytes[this.#at + 1]! << 8) | this.#bytes[this.#at + 2]!));
      case "u32": {
        const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at + 1, 4);
        return this.take(5, name, String(view.getUint32(0)));
      }
      case "varint": {
        const value = remainingLength(this.#bytes, this.#at + 1, this.#bytes.length);
        return this.take(1 + varintLength(value), name, String(value));
      }
      case "utf8":
        return this.take(1 + this.#textLength(1), name, this.#text(1));
      case "binary":
        return this.take(1 + this.#textLength(1), name, `${this.#textLength(1) - 2} bytes`);
      case "pair": {
        const first = this.#textLength(1);
        const value = `${this.#text(1)}: ${this.#text(1 + first)}`;
        return this.take(1 + first + this.#textLength(1 + first), name, value);
      }
    }
  }

  /** With the two bytes that say how long it is; `skip`: bytes before it. */
  #textLength(skip: number): number {
    const at = this.#at + skip;
    return 2 + ((this.#bytes[at]! << 8) | this.#bytes[at + 1]!);
  }

  #text(skip: number): string {
    const from = this.#at + skip;
    return shown(new TextDecoder().decode(this.#bytes.subarray(from + 2, from + this.#textLength(skip))));
  }
}
