/** MQTT over WebSocket: a byte stream that is carried by another one, plain or TLS. */

import { type ErrorSink, type Guard, offer } from "../tcp/guard.ts";
import { Linger } from "../tcp/linger.ts";
import type { BeginHandshake, Handshake } from "../pending_handshakes.ts";
import type { RefusalSink } from "../http/refusal.ts";
import {
  type Accept,
  type ByteStream,
  type PeerCertificate,
  StreamFault,
  type StreamHandler,
} from "../stream.ts";
import { nextTurn } from "../turn.ts";
import {
  CloseCode,
  closeReply,
  encodeClose,
  encodeFrame,
  type FrameEvents,
  type FrameFailure,
  FrameReader,
  Opcode,
} from "./websocket_frames.ts";
import type { Pinged, PingWheel } from "./websocket_pings.ts";
import {
  type Answer,
  answerHandshake,
  type HandshakeRules,
  headEnd,
  headTooLong,
  longestHead,
  notARequest,
} from "./websocket_handshake.ts";

export interface WebSocketRules extends HandshakeRules {
  readonly maxMessageBytes: number;
  readonly handshakeMs: number;
  readonly beginHandshake: BeginHandshake;
  /** Connections whose handshake is not done: the broker does not know them yet. */
  readonly pending: Set<ByteStream>;
  /** Null: nobody is sent pings. */
  readonly pings: PingWheel | null;
  /** After so many bytes at once nothing is read until the next turn of the event loop. */
  readonly restAfter: number;
  readonly lingerMs: number | undefined;
  readonly report: ErrorSink;
  readonly refused: RefusalSink;
}

const pingFrame = encodeFrame(Opcode.ping, new Uint8Array());

export class WebSocketStream implements ByteStream, StreamHandler, FrameEvents, Pinged {
  /** Known for good when the request has come: behind trusted proxies it says where the client is. */
  remoteAddress: string;
  readonly certificate: PeerCertificate | null;
  #inner: ByteStream;
  #accept: Accept;
  #rules: WebSocketRules;
  #guard: Guard | null = null;
  #frames: FrameReader | null = null;
  #head: Uint8Array | null = new Uint8Array(512);
  #headLength = 0;
  #handshake: Handshake | null;
  /** The inner stream holds bytes. */
  #busy = false;
  /** The broker's frame: waits for the inner stream, or is in it. */
  #frame: Uint8Array | null = null;
  #frameSent = false;
  /** `write` returned false and the broker waits for `written`. */
  #owing = false;
  #control: Uint8Array | null = null;
  #linger: Linger | null = null;
  #ending = false;
  #failure: Error | null = null;
  /** Something came, or was sent, since it was last asked whether it is quiet. */
  #heard = false;
  #said = false;
  /** Nothing has come since the last ping. */
  #unanswered = false;
  #pingSlot = -1;
  #paused = false;
  /** Others have their turn. */
  #resting = false;

  constructor(inner: ByteStream, accept: Accept, rules: WebSocketRules) {
    this.#inner = inner;
    this.remoteAddress = inner.remoteAddress;
    this.certificate = inner.certificate;
    this.#accept = accept;
    this.#rules = rules;
    rules.pending.add(inner);
    this.#handshake = rules.beginHandshake(this.remoteAddress, rules.handshakeMs, (why) => {
      if (why === "late") this.#tellRefused("no complete request in time");
      inner.destroy();
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending || bytes.length === 0) return true;
    this.#said = true;
    this.#frame = encodeFrame(Opcode.binary, bytes); // [MQTT-6.0.0-1]
    this.#pump();
    this.#owing = this.#frame !== null;
    return !this.#owing;
  }

  pause(): void {
    this.#paused = true;
    this.#inner.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#resting) this.#inner.resume();
  }

  end(): void {
    this.#close(CloseCode.normal);
  }

  destroy(): void {
    this.#ending = true;
    this.#inner.destroy();
  }

  data(bytes: Uint8Array, length: number): void {
    if (this.#ending) return;
    this.#heard = true;
    this.#unanswered = false;
    if (this.#frames === null) return this.#readHead(bytes.subarray(0, length));
    const failure = this.#frames.read(bytes, length, this);
    if (failure !== null) this.#fail(failure);
    else if (length >= this.#rules.restAfter) this.#rest();
  }

  #rest(): void {
    if (this.#resting || this.#ending) return;
    this.#resting = true;
    this.#inner.pause();
    nextTurn(() => {
      this.#resting = false;
      if (!this.#paused) this.#inner.resume();
    });
  }

  written(): void {
    this.#busy = false;
    this.#linger?.progress();
    if (this.#frameSent) this.#frameDone();
    this.#pump();
    if (!this.#owing || this.#frame !== null || this.#ending) return;
    this.#owing = false;
    this.#guard?.written();
  }

  closed(error: Error | null): void {
    this.#settled();
    this.#linger?.stop();
    if (this.#pingSlot >= 0) this.#rules.pings?.remove(this, this.#pingSlot);
    this.#guard?.closed(this.#failure ?? error);
  }

  payload(bytes: Uint8Array, length: number): void {
    if (!this.#ending) this.#guard?.data(bytes, length);
  }

  /** One answer waits at a time, that to the newest ping, if the peer does not take them: RFC 6455 section 5.5.3. */
  ping(payload: Uint8Array): void {
    if (this.#ending) return;
    this.#said = true;
    this.#control = encodeFrame(Opcode.pong, payload);
    this.#pump();
  }

  /**
   * Either direction counts, because proxies watch each. One ping that is not answered is the last: a connection whose client
   * has gone must not look alive to a proxy that would end it. (What comes back is no MQTT, so its keep-alive goes on.)
   */
  pingIfQuiet(): void {
    const quiet = !this.#heard || !this.#said;
    this.#heard = this.#said = false;
    if (!quiet || this.#unanswered || this.#ending || this.#busy || this.#control !== null) return;
    this.#unanswered = this.#said = true;
    this.#control = pingFrame;
    this.#pump();
  }

  close(payload: Uint8Array): void {
    this.#close(closeReply(payload));
  }

  #fail(failure: FrameFailure): void {
    if (!this.#ending) this.#failure = this.#fault(failure);
    this.#close(failure.code);
  }

  #fault({ code, text }: FrameFailure): StreamFault {
    if (code !== CloseCode.tooLarge) return new StreamFault(text, "websocket-malformed");
    return new StreamFault(
      text,
      "websocket-message-too-large",
      "maxMessageBytes",
      this.#rules.maxMessageBytes,
    );
  }

  #close(code: number): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#control = this.#frames === null ? null : encodeClose(code);
    // While the inner stream is busy its own time has not begun.
    if (this.#busy) this.#linger = new Linger(this.#inner, this.#rules.lingerMs);
    this.#pump();
  }

  /** Hands on what waits, one piece at a time, data before control frames. */
  #pump(): void {
    while (!this.#busy) {
      if (this.#frame !== null && !this.#frameSent) {
        this.#frameSent = true;
        this.#busy = !this.#inner.write(this.#frame);
        if (!this.#busy) this.#frameDone();
      } else if (this.#control !== null) {
        const control = this.#control;
        this.#control = null;
        this.#busy = !this.#inner.write(control);
      } else {
        break;
      }
    }
    const allSent = this.#control === null && (this.#frame === null || this.#frameSent);
    if (this.#ending && allSent) this.#inner.end();
  }

  #frameDone(): void {
    this.#frame = null;
    this.#frameSent = false;
  }

  #readHead(bytes: Uint8Array): void {
    let head = this.#head;
    if (head === null) return;
    const before = this.#headLength;
    const wrong = before === 0 ? notARequest(bytes[0]!, this.remoteAddress) : null;
    if (wrong !== null) return this.#refuse(wrong);
    if (before + bytes.length > head.length) {
      const grown = new Uint8Array(Math.max(2 * before, before + bytes.length));
      grown.set(head.subarray(0, before));
      this.#head = head = grown;
    }
    head.set(bytes, before);
    this.#headLength = before + bytes.length;
    const end = headEnd(head, this.#headLength, before);
    if (end < 0 ? this.#headLength > longestHead : end > longestHead) {
      return this.#refuse(headTooLong(this.remoteAddress));
    }
    if (end < 0) return;
    const answer = answerHandshake(head.subarray(0, end), this.#rules, this.remoteAddress);
    this.remoteAddress = answer.client;
    if (!answer.accepted) return this.#refuse(answer);
    this.#settled();
    this.#busy = !this.#inner.write(answer.bytes);
    this.#said = true;
    this.#frames = new FrameReader(this.#rules.maxMessageBytes);
    this.#guard = offer(this, this.#accept, this.#rules.report);
    if (this.#guard === null) return this.destroy();
    this.#pingSlot = this.#rules.pings?.add(this) ?? -1;
    const early = head.subarray(end, this.#headLength);
    if (early.length > 0) this.data(early, early.length);
  }

  #refuse({ bytes, why }: Answer): void {
    if (why !== "") this.#tellRefused(why);
    this.#settled();
    this.#ending = true;
    this.#inner.write(bytes);
    this.#inner.end();
  }

  #tellRefused(detail: string): void {
    this.#rules.refused({ code: "websocket-refused", address: this.remoteAddress, detail });
  }

  /** The handshake is over, whichever way. */
  #settled(): void {
    if (this.#handshake === null) return;
    this.#handshake.done();
    this.#handshake = null;
    this.#head = null;
    this.#rules.pending.delete(this.#inner);
  }
}
