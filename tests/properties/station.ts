/** What has to be true of one client id and its session, whatever the server goes through. Times in milliseconds since 1970. */

import type { QoS } from "../../src/packets/types.ts";
import type { TestClient } from "../harness/mod.ts";

/** How late what is due may be done. */
export const SLACK = 1000;

/** Some time from the one to the other. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

export interface ExpectedMessage {
  readonly text: string;
  readonly qos: QoS;
  readonly expires: number;
  /** It was sent and not acknowledged: it may be sent again though it has expired. */
  sent: boolean;
}

export interface ExpectedWill extends Span {
  readonly text: string;
  /** It may as well never come. */
  readonly optional: boolean;
  /** It was published when the connection ended: nobody can come back in time. */
  readonly atOnce: boolean;
}

interface OwnWill {
  readonly text: string;
  /** Seconds. */
  readonly delay: number;
}

export class Station {
  readonly id: string;
  readonly version: 4 | 5;
  client: TestClient | null = null;
  /** There is a session. */
  present = false;
  /** It was to outlive a connection at some time. */
  kept = false;
  /** Seconds. */
  expiry = 0;
  /** When its client left; null: it is there. */
  left: Span | null = null;
  queue: ExpectedMessage[] = [];
  will: OwnWill | null = null;

  constructor(id: string, version: 4 | 5) {
    this.id = id;
    this.version = version;
  }

  /** When the session ends; null: not now. */
  get end(): Span | null {
    if (!this.present || this.left === null || this.expiry === Infinity) return null;
    const { min, max } = this.left;
    return { min: min + this.expiry * 1000, max: max + this.expiry * 1000 + SLACK };
  }

  /** The connection has ended without a word. The will that is due, if there is one. */
  lost(when: Span): ExpectedWill | null {
    const { will } = this;
    this.client = null;
    this.will = null;
    this.left = when;
    if (this.expiry === 0) this.over();
    if (will === null) return null;
    const delay = Math.min(will.delay, this.expiry) * 1000;
    const [min, max] = [when.min + delay, when.max + delay + SLACK];
    return { text: will.text, min, max, optional: false, atOnce: delay === 0 };
  }

  /** There is no session any more. */
  over(): void {
    this.present = this.kept = false;
    this.left = null;
    this.queue = [];
  }
}
