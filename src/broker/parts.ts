/** All parts of the broker below its connections, for whoever connects them: connections, packets, the start, the program. */

import type { SubscriptionIndex } from "../topics/subscription_index.ts";
import type { Distributor } from "./delivery/distribute.ts";
import type { BackPressure } from "./delivery/back_pressure.ts";
import type { Retained } from "./delivery/retained.ts";
import type { Subscriber } from "./delivery/routes.ts";
import type { Durable } from "./durability/durable.ts";
import type { TakeOvers } from "./ends/take_overs.ts";
import type { Sessions } from "./sessions/sessions.ts";
import type { Sweeper } from "./sessions/sweeper.ts";
import type { Wills } from "./sessions/wills.ts";

export interface Parts extends Durable {
  readonly subscriptions: SubscriptionIndex<Subscriber>;
  /** Where a publish leaves for its subscribers. */
  readonly distributor: Distributor;
  readonly retained: Retained;
  readonly pressure: BackPressure;
  readonly sessions: Sessions;
  readonly wills: Wills;
  readonly takeOvers: TakeOvers;
  readonly sweeper: Sweeper;
}
