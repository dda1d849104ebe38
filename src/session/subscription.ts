/** One session's interest in one filter. Kept small: there may be millions. */

import type { QoS, SubscribeOptions } from "../packets/types.ts";
import type { Entry } from "../topics/entries.ts";
import type { Recipient, Route } from "./route.ts";
import type { SharedGroup } from "./shared_group.ts";

const NO_LOCAL = 4;
const RETAIN_AS_PUBLISHED = 8;

export class Subscription implements Entry, Route {
  readonly session: Recipient;
  /** As sent, with `$share/group/`. */
  readonly filter: string;
  readonly group: SharedGroup | null;
  position = 0;
  /** QoS in the low two bits. */
  #bits = 0;
  /** 0: none. */
  identifier = 0;

  constructor(session: Recipient, filter: string, group: SharedGroup | null) {
    this.session = session;
    this.filter = filter;
    this.group = group;
  }

  set(options: SubscribeOptions, qos: QoS, identifier: number): void {
    this.#bits = qos | (options.noLocal ? NO_LOCAL : 0) |
      (options.retainAsPublished ? RETAIN_AS_PUBLISHED : 0);
    this.identifier = identifier;
  }

  get qos(): QoS {
    return (this.#bits & 3) as QoS;
  }

  get noLocal(): boolean {
    return (this.#bits & NO_LOCAL) !== 0;
  }

  get identifiers(): readonly number[] | null {
    return this.identifier === 0 ? null : [this.identifier];
  }

  get own(): Route | null {
    return this.noLocal ? null : this;
  }

  get retainAsPublished(): boolean {
    return (this.#bits & RETAIN_AS_PUBLISHED) !== 0;
  }
}
