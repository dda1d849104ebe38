/** Every setting there is. */

import type { AbuseLimits } from "../../../hooks/auth/abuse/options.ts";
import type { Capabilities, Limits, QueueFull } from "../../core/options.ts";
import { type Origins, originsKind } from "../origins.ts";
import type { StorageValues } from "../storage.ts";
import type { TlsValues } from "../tls_values.ts";
import { duration, filePath, oneOf, someText, yesOrNo } from "../values.ts";
import { abuse } from "./abuse.ts";
import { acl, anonymous, auth, blacklist } from "./access.ts";
import { capabilities } from "./capabilities.ts";
import { type ItemsOf, type Section, section, setting, type Tagged } from "./item.ts";
import { limits } from "./limits.ts";
import { listeners } from "./listeners.ts";
import { log, type LogValues } from "./log.ts";
import { metrics, type MetricsValues } from "./metrics.ts";
import { storage } from "./storage.ts";
import { commonTls } from "./tls.ts";

export interface Settings {
  readonly listeners: readonly Tagged[];
  readonly tls: TlsValues;
  readonly origins: Origins;
  readonly capabilities: Capabilities;
  readonly limits: Limits;
  readonly abuse: AbuseLimits;
  readonly queueFull: QueueFull;
  readonly users: string;
  readonly auth: readonly Tagged[];
  readonly acl: readonly Tagged[];
  readonly anonymous: readonly Tagged[];
  readonly blacklist: string;
  readonly data: string;
  readonly storage: StorageValues;
  readonly sysTopicInterval: number;
  readonly restoreCounters: boolean;
  readonly presence: string;
  readonly metrics: MetricsValues;
  readonly watch: boolean;
  readonly log: LogValues;
}

const items: ItemsOf<Settings> = {
  listeners,
  tls: commonTls,
  origins: setting(
    originsKind,
    "Whose pages in browsers may connect to WebSocket listeners that do not say it themselves: `any`, or a list of origins.",
    {
      otherwise:
        "where no password is needed: at a loopback address those of localhost, else those of the host they connect to",
    },
  ),
  capabilities,
  limits,
  abuse,
  users: setting(
    filePath,
    "A file of users and passwords, lines `name:hash` as `comqtt passwd add` and `mosquitto_passwd` write them: only they may " +
      "connect. It is read again when it changes. The same as a first item `users` of `auth`.",
    { otherwise: "everyone may connect", reloadable: true },
  ),
  auth,
  acl,
  anonymous,
  blacklist,
  data: setting(
    filePath,
    "The directory for everything that is kept; sessions, queues and retained messages are in its `comqtt.db`.",
  ),
  storage,
  queueFull: setting(
    oneOf<QueueFull>(["drop-oldest", "drop-newest"]),
    "Who goes when a session's queue is full: the oldest waiting message, or the new one.",
    { default: "drop-oldest" },
  ),
  sysTopicInterval: setting(
    duration("s", [0, 86_400]),
    "Time between two publications of `$SYS`; 0: never.",
    { default: 1 },
  ),
  restoreCounters: setting(
    yesOrNo,
    "Whether the counters of `$SYS` go on after a restart where they stopped; only where something is kept.",
    { default: false },
  ),
  presence: setting(
    someText,
    "The name of this broker in `$SYS/brokers/NAME/clients/ID/connected` and `disconnected`, where it says as JSON who comes and goes.",
    { otherwise: "nothing is said of that" },
  ),
  metrics,
  watch: setting(
    yesOrNo,
    "Whether the files of the configuration are read again when they change, as on SIGHUP.",
    { default: false },
  ),
  log,
};

export const table: Section<Settings> = section(
  "Everything that can be set.",
  items,
);
