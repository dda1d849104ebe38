/** From settings to the hooks that are asked first: who is banned, and who is slowed down. */

import { Abuse } from "../../hooks/auth/abuse.ts";
import { abuseLimitsOf, isIdle } from "../../hooks/auth/abuse/options.ts";
import { Bans } from "../../hooks/auth/bans.ts";
import type { Configuration, ListenerSetting } from "../config/configuration.ts";
import { accessDirectory } from "../config/storage.ts";
import type { Hook } from "../hook/hook.ts";

export interface Guard {
  readonly bans: Bans;
  /** In the order in which they are asked, before all others. */
  readonly hooks: readonly Hook[];
  /** These listeners are open from now on: no ban concerns their proxies. */
  trust(listeners: readonly ListenerSetting[]): void;
}

export function guardOf({ listeners, values }: Configuration): Guard {
  const directory = accessDirectory(values);
  const bans = new Bans({
    ...(directory === null ? {} : { data: directory }),
    proxies: proxiesOf(listeners),
  });
  const idle = isIdle(abuseLimitsOf(values.abuse));
  return {
    bans,
    hooks: idle ? [bans] : [bans, new Abuse({ bans, limits: values.abuse })],
    trust: (open) => bans.trust(proxiesOf(open)),
  };
}

/** All whose word about where clients are is taken. */
function proxiesOf(listeners: readonly ListenerSetting[]): readonly string[] {
  return listeners.flatMap(({ proxyProtocol, trustedProxies = [] }) => [
    ...proxyProtocol?.trusted ?? [],
    ...trustedProxies,
  ]);
}
