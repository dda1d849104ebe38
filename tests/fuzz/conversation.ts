/** One connection of the fuzzer, from its first byte to its end. */

import { type Packet, PacketType } from "../../src/packets/types.ts";
import type { Random } from "../properties/random.ts";
import { CONNECT_PACKET_SIZE, PACKET_SIZE } from "./broker.ts";
import { Frames } from "./frames.ts";
import { Hearing } from "./hearing.ts";
import { bytesOf, type Script } from "./script.ts";
import type { Line, Target } from "./target.ts";

const PINGREQ = new Uint8Array([0xc0, 0]);
const DISCONNECT = new Uint8Array([0xe0, 0]);
/** A packet that lacks more is not brought to its end. */
const FILL = 4096;

const SILENT = "closed without a word";

/** Everything went as it may, or something did not. */
export type Conclusion = { readonly outcome: string } | { readonly wrong: string };

/** What a well-formed packet is answered with, as type and packet id. */
function answerTo(packet: Packet): string | null {
  switch (packet.type) {
    case PacketType.PUBLISH:
      return packet.qos === 0 ? null : `${packet.qos === 1 ? 4 : 5}:${packet.packetId}`;
    case PacketType.PUBREL:
      return `7:${packet.packetId}`;
    case PacketType.PUBREC:
      return packet.reasonCode < 0x80 ? `6:${packet.packetId}` : null;
    case PacketType.SUBSCRIBE:
      return `9:${packet.packetId}`;
    case PacketType.UNSUBSCRIBE:
      return `11:${packet.packetId}`;
    default:
      return null;
  }
}

export class Conversation {
  readonly script: Script;
  readonly sent: Uint8Array[] = [];
  ended = false;
  readonly #line: Line;
  readonly #hearing: Hearing;
  /** What was sent, as the broker has to understand it. */
  readonly #frames: Frames = new Frames();
  /** Bytes of the script that were sent. */
  #said = 0;
  #pings = 0;
  #saidGoodbye = false;
  /** Answers that wait for the end of a packet. */
  readonly #replies: Uint8Array[] = [];
  #next = 0;

  constructor(target: Target, script: Script) {
    this.script = script;
    const line = this.#line = target.open();
    const reply = script.polite ? (bytes: Uint8Array): void => this.#reply(bytes) : null;
    this.#hearing = new Hearing(script.connect, reply);
    line.received = (bytes): void => this.#hearing.feed(bytes);
    line.ended = (): void => {
      this.ended = true;
    };
    if (script.lazy) line.pause();
  }

  /** How many of the script's packets were sent as a whole. */
  get packets(): number {
    return this.script.ends.filter((end) => end <= this.#said).length;
  }

  /** There is nothing more to say. */
  get over(): boolean {
    return this.ended || this.#next >= this.script.chunks.length;
  }

  /** Sends the next piece. */
  say(): void {
    const chunk = this.script.chunks[this.#next++];
    if (chunk === undefined) return;
    this.#said += chunk.length;
    this.#send(chunk);
  }

  #send(bytes: Uint8Array): void {
    if (this.ended) return;
    this.sent.push(bytes);
    for (const frame of this.#frames.take(bytes)) {
      if (frame.bytes[0] === 0xc0 && frame.bytes.length === 2) this.#pings++;
      if (frame.bytes[0]! >> 4 === PacketType.DISCONNECT) this.#saidGoodbye = true;
    }
    this.#line.send(bytes);
    while (this.#replies.length > 0 && this.#frames.lacking === 0) this.#send(this.#replies.shift()!);
  }

  #reply(bytes: Uint8Array): void {
    this.#replies.push(bytes);
    if (this.#frames.lacking === 0) this.#send(this.#replies.shift()!);
  }

  /** Brings it to a point where an answer is due, and waits for it. */
  async conclude(target: Target): Promise<Conclusion> {
    this.#line.resume();
    const frames = this.#frames;
    if (frames.lacking > 0 && frames.lacking <= FILL) this.#send(new Uint8Array(frames.lacking));
    const silly = frames.broken || frames.lacking > PACKET_SIZE;
    const known = !silly && frames.lacking === 0;
    if (silly && !await target.until(() => this.ended)) return { wrong: "it is not closed" };
    if (known) {
      const before = this.#pings;
      this.#send(PINGREQ);
      const answered = await target.until(() => this.ended || this.#hearing.pings > before);
      if (!answered) return { wrong: "PINGREQ is not answered" };
    }
    if (this.#hearing.complaint !== null) return { wrong: `it heard ${this.#hearing.complaint}` };
    if (this.ended) {
      const outcome = this.#ending();
      return outcome === SILENT && this.#deservesReason() ? { wrong: outcome } : { outcome };
    }
    if (!known) return { outcome: "left in the middle of a packet" };
    const unanswered = this.#unanswered();
    return unanswered === null ? { outcome: "answered" } : { wrong: unanswered };
  }

  /** An MQTT 5 client is told why, if it takes as much as that and did not go by itself. */
  #deservesReason(): boolean {
    const { connect } = this.script;
    if (connect?.version !== 5 || this.#saidGoodbye) return false;
    if ((connect.properties.maximumPacketSize ?? 1000) < 200) return false;
    // What is too large to be read is not known to be version 5.
    return bytesOf(connect, 5).length <= CONNECT_PACKET_SIZE;
  }

  #ending(): string {
    const { connack, disconnect } = this.#hearing;
    if (connack > 0) return `CONNACK ${hex(connack)}`;
    if (disconnect >= 0) return `DISCONNECT ${hex(disconnect)}`;
    return SILENT;
  }

  /** The first answer that should have come before PINGRESP and did not. */
  #unanswered(): string | null {
    const { rest, connect } = this.script;
    // Answers larger than the client takes are not sent.
    if (rest === null || (connect?.properties.maximumPacketSize ?? 1000) < 1000) return null;
    const due = new Map<string, number>();
    for (const packet of rest) {
      const key = answerTo(packet);
      if (key !== null) due.set(key, (due.get(key) ?? 0) + 1);
    }
    for (const [key, count] of due) {
      const came = this.#hearing.answers.get(key) ?? 0;
      if (came < count) return `${count} answers ${key} (type:packet id) were due, ${came} came`;
    }
    return null;
  }

  /** Goes, in one of three ways. */
  leave(r: Random): void {
    const how = r.below(3);
    this.#line.resume();
    if (how === 0) {
      this.#line.reset();
      return;
    }
    if (how === 1) this.#send(DISCONNECT);
    this.#line.close();
  }
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, "0")}`;
}
