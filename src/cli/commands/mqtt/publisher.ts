/** Sends messages and waits until the broker has them. */

import { Client } from "../../../client/client.ts";
import { LostError } from "../../../client/error.ts";
import { NO_PROPERTIES, type Properties } from "../../../packets/properties.ts";
import { reasonText } from "../../../packets/reason.ts";
import type { QoS } from "../../../packets/types.ts";
import { setTimeout } from "../../../runtime/timers.ts";
import { complain, ExitCode, exitCodeOf, isLost, traceEnd, tracePacket } from "./command.ts";
import type { SessionChoice } from "./session.ts";

export type Messages =
  /** Each as it comes. */
  | { readonly lines: AsyncIterable<Uint8Array> }
  /** One, so many times. */
  | { readonly payload: Uint8Array; readonly count: number; readonly delayMs: number };

export interface Publication {
  readonly session: SessionChoice;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly messages: Messages;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** So many may wait, besides those that are on their way. */
const MOST_WAITING = 1000;
const AGAIN_MS = 1000;

export class Publisher {
  readonly #publication: Publication;
  #client: Client | null = null;
  /** Settled when the connection has ended. */
  #over: Promise<Error | null> = Promise.resolve(null);
  #wake: () => void = () => {};
  #lost = false;
  #code = 0;

  constructor(publication: Publication) {
    this.#publication = publication;
  }

  async run(): Promise<number> {
    const { messages } = this.#publication;
    await this.#connect();
    const fault = this.#unsuitable();
    if (fault !== null) {
      this.#say(fault.text);
      this.#client!.disconnect();
      await this.#over;
      return fault.code;
    }
    try {
      if ("lines" in messages) await this.#sendLines(messages.lines);
      else await this.#sendRepeated(messages.payload, messages.count, messages.delayMs);
      await this.#until(() => this.#client!.unfinished === 0 && !this.#client!.congested);
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#say((error as Error).message);
      return ExitCode.lost;
    }
    const { disconnect } = this.#publication.session.properties;
    this.#client!.disconnect(0, disconnect);
    await this.#over;
    return this.#code;
  }

  async #connect(): Promise<void> {
    const { session, debug } = this.#publication;
    this.#lost = false;
    let over: (error: Error | null) => void = () => {};
    this.#over = new Promise((resolve) => over = resolve);
    this.#client = await Client.connect(session.options, {
      // (Those of a session that has subscribed are for whoever subscribes.)
      message: () => {},
      closed: (error) => {
        this.#lost = true;
        if (debug) traceEnd();
        over(error);
        this.#wake();
      },
      drained: () => this.#wake(),
      ...(debug ? { packet: tracePacket } : {}),
    });
    this.#client.stopListening();
  }

  /** What the broker has said that it does not take. */
  #unsuitable(): { readonly code: number; readonly text: string } | null {
    const { qos, retain } = this.#publication;
    const { maximumQos, retainAvailable } = this.#client!.connack.properties;
    if (maximumQos !== undefined && qos > maximumQos) {
      return { code: 155, text: `The broker takes no QoS above ${maximumQos}` };
    }
    return retain && retainAvailable === false ? { code: 154, text: "The broker retains nothing" } : null;
  }

  async #sendRepeated(payload: Uint8Array, count: number, delayMs: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      if (i > 0 && delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      this.#publish(payload);
      await this.#until(() => delayMs > 0 ? this.#client!.unfinished === 0 : this.#hasRoom());
    }
  }

  /** Lines may come for days: a connection that is lost is made again, and what nobody has acknowledged sent again. */
  async #sendLines(lines: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const line of lines) {
      await this.#steadily(() => this.#hasRoom());
      this.#publish(line);
    }
    await this.#steadily(() => this.#client!.unfinished === 0);
  }

  async #steadily(condition: () => boolean): Promise<void> {
    for (;;) {
      try {
        // (What is given to a connection that is lost is lost, with QoS 0.)
        if (this.#lost) throw await this.#over ?? new LostError("The connection has ended");
        return await this.#until(condition);
      } catch (error) {
        if (!isLost(error)) throw error;
        await this.#again(error as Error);
      }
    }
  }

  async #again(error: Error): Promise<void> {
    this.#say(`${error.message}, connecting again`);
    const rest = this.#client!.unacknowledged();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      try {
        await this.#connect();
        break;
      } catch (failure) {
        if (exitCodeOf(failure) !== ExitCode.failed || !isLost(failure)) throw failure;
      }
    }
    for (const { message, done } of rest) this.#client!.publish(message, done);
  }

  #hasRoom(): boolean {
    return this.#client!.unfinished < MOST_WAITING && !this.#client!.congested;
  }

  #publish(payload: Uint8Array): void {
    const { topic, qos, retain, session } = this.#publication;
    const { maximumPacketSize } = this.#client!.connack.properties;
    if (maximumPacketSize !== undefined && payload.length + topic.length + 10 > maximumPacketSize) {
      this.#code = 149;
      return this.#say(`The message is larger than the ${maximumPacketSize} bytes that the broker takes`);
    }
    const properties = session.options.version === 5 ? session.properties.publish : NO_PROPERTIES;
    this.#client!.publish(
      { topic, payload, qos, retain, properties },
      (code, answer) => this.#done(code, answer),
    );
  }

  #done(code: number, { reasonString }: Properties): void {
    if (code >= 0x80) {
      this.#code = code;
      this.#say(`The broker refuses the message: ${reasonString ?? reasonText(code)}`);
    }
    this.#wake();
  }

  /** Throws a `LostError` when the connection ends before. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.#lost) throw await this.#over ?? new LostError("The connection has ended");
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #say(text: string): void {
    if (!this.#publication.quiet) complain(text);
  }
}
