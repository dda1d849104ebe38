/** What the directives of mosquitto that are about the whole broker are here. */

import { LEAST_MEMORY, limitRanges, type Limits, type LogLevel } from "../../core/options.ts";
import type { Conf, ConfListener, Remark } from "./conf.ts";
import { type Line, numberOf, truthOf } from "./lines.ts";
import { scalar } from "./yaml_text.ts";

/** Values as YAML has them. */
export interface Settings {
  readonly capabilities: Map<string, string>;
  readonly limits: Map<string, string>;
  /** At the top of the file. */
  readonly top: Map<string, string>;
  logLevel: LogLevel | null;
  readonly log: Map<string, string>;
  readonly remarks: Remark[];
}

/** `line`: the last one of its name. */
type Convert = (line: Line, into: Settings, conf: Conf) => void;

/** It says nothing here, and this is why. */
function nothing(text: string): Convert {
  return (line, { remarks }) => void remarks.push({ line, text });
}

/** Only what it says when it is switched on. */
function unlessFalse(text: string): Convert {
  return (line, { remarks }) => {
    if (truthOf(line) !== false) remarks.push({ line, text });
  };
}

function unlessTrue(text: string): Convert {
  return (line, { remarks }) => {
    if (truthOf(line) !== true) remarks.push({ line, text });
  };
}

const NO_NUMBER = "that is no number; not taken over";

/** A limit; 0 is none there, and here there always is one. */
function limit(name: keyof Limits, shown: string): Convert {
  return (line, { limits, remarks, top }) => {
    const value = numberOf(line);
    if (value === undefined) remarks.push({ line, text: NO_NUMBER });
    else if (value <= 0) {
      remarks.push({
        line,
        text: `no limit there; here it is ${shown}, and limits.${name} sets another one`,
      });
    } else limits.set(name, String(within(limitRanges[name], value, line, remarks)));
    if (name.startsWith("queued")) top.set("queueFull", "drop-newest");
  };
}

function within(
  [low, high]: readonly [number, number],
  value: number,
  line: Line,
  remarks: Remark[],
): number {
  const nearest = Math.min(high, Math.max(low, value));
  if (nearest !== value) remarks.push({ line, text: `here from ${low} to ${high}: ${nearest}` });
  return nearest;
}

function capability(name: string, range: readonly [number, number]): Convert {
  return (line, { capabilities, remarks }) => {
    const value = numberOf(line);
    if (value === undefined) remarks.push({ line, text: NO_NUMBER });
    else capabilities.set(name, String(within(range, value, line, remarks)));
  };
}

/** Of the payload there, of the whole packet here. */
const ROOM_FOR_TOPIC = 8192;

const messageSize: Convert = (line, { limits, remarks }) => {
  const value = numberOf(line);
  if (value === undefined || value <= 0) {
    const text = value === undefined
      ? NO_NUMBER
      : "no limit there; here it is 1 MiB, and limits.packetSize sets another one";
    remarks.push({ line, text });
    return;
  }
  const size = within(limitRanges.packetSize, value + ROOM_FOR_TOPIC, line, remarks);
  const before = limits.get("packetSize");
  limits.set("packetSize", String(before === undefined ? size : Math.min(size, Number(before))));
  remarks.push({
    line,
    text: `of the payload there, of the whole packet here: ${ROOM_FOR_TOPIC} bytes more`,
  });
};

const memory: Convert = (line, { limits, remarks }) => {
  const value = numberOf(line);
  if (value === 0) return;
  if (value === undefined || value < LEAST_MEMORY) {
    const text =
      `of what it has allocated there, of the whole process here, which takes some 100 MB when it is empty: ` +
      `limits.memory is ${LEAST_MEMORY} at least; not taken over`;
    remarks.push({ line, text });
  } else limits.set("memory", String(Math.min(value, limitRanges.memory[1])));
};

const expiration: Convert = (line, { capabilities, remarks }) => {
  const [, count, unit] = /^(\d{1,9})([shdwmy])$/.exec(line.rest) ?? [];
  const days: Readonly<Record<string, number>> = { s: 1 / 86_400, h: 1 / 24, d: 1, w: 7, m: 30, y: 365 };
  if (count === undefined) {
    remarks.push({ line, text: "that is no duration; not taken over" });
    return;
  }
  const seconds = Math.round(Number(count) * days[unit!]! * 86_400);
  capabilities.set("maximumSessionExpiryInterval", String(Math.min(seconds, 0xffff_fffe)));
};

const levels: Readonly<Record<string, LogLevel>> = {
  ...{ debug: "debug", all: "debug", internal: "debug", websockets: "debug" },
  ...{ information: "info", notice: "info", subscribe: "info", unsubscribe: "info" },
  ...{ warning: "warn", error: "error", none: "error" },
};
const ORDER: readonly LogLevel[] = ["error", "warn", "info", "debug"];

/** The one of all that says most. */
function logLevel(conf: Conf, into: Settings): void {
  for (const line of conf.global.all("log_type")) {
    const level = Object.hasOwn(levels, line.rest) ? levels[line.rest]! : undefined;
    if (level === undefined) into.remarks.push({ line, text: "there is no such type; not taken over" });
    else if (into.logLevel === null || ORDER.indexOf(level) > ORDER.indexOf(into.logLevel)) {
      into.logLevel = level;
    }
  }
}

/** One file, and standard error. */
function logPlaces({ global }: Conf, { log, remarks }: Settings): void {
  const places = global.all("log_dest");
  const file = places.find(({ rest }) => /^file\s+\S/.test(rest));
  if (file !== undefined) {
    log.set("file", scalar(file.rest.replace(/^file\s+/, "")));
    log.set("output", places.some(({ rest }) => rest === "stderr" || rest === "stdout") ? "both" : "file");
  }
  const others = places.filter((one) => one !== file && one.rest !== "stderr");
  const where = file === undefined
    ? "standard error"
    : "one file, and to standard error if that is asked for";
  for (const line of others) remarks.push({ line, text: `the log goes to ${where}` });
}

const persistence: Convert = (line, { top, remarks }, { global }) => {
  if (truthOf(line) !== true) return;
  const place = global.get("persistence_location")?.rest.replace(/(?<=.)\/+$/, "") || ".";
  if (/^[a-z]+:\/\//i.test(place)) {
    remarks.push({ line, text: "persistence_location is a URL; not taken over" });
    return;
  }
  top.set("data", scalar(place));
  const text =
    `in ${
      JSON.stringify(`${place}/comqtt.db`)
    }, which whoever runs this has to be able to write; nothing is ` +
    "acknowledged before it is there. What mosquitto has stored is not read";
  remarks.push({ line, text });
};

const queuedQos0 = "QoS 0 is not kept for clients that are away";
const obsolete = "not needed here";

const converts: Readonly<Record<string, Convert>> = {
  max_inflight_messages: (line, into, conf) => {
    // (As many as the client takes: that is its own Receive Maximum.)
    if (numberOf(line) === 0) into.limits.set("inflight", "65535");
    else limit("inflight", "1,024")(line, into, conf);
  },
  max_inflight_bytes: nothing(
    "of one client there; here limits.inflightBytes is of all of them together; not taken over",
  ),
  max_queued_messages: limit("queuedMessages", "10,000"),
  max_queued_bytes: limit("queuedBytes", "16 MiB"),
  max_packet_size: limit("packetSize", "1 MiB"),
  message_size_limit: messageSize,
  memory_limit: memory,
  max_keepalive: capability("maximumKeepAlive", [0, 65_535]),
  persistent_client_expiration: expiration,
  retain_available: (line, { capabilities }) => {
    if (truthOf(line) === false) capabilities.set("retainAvailable", "false");
  },
  retain_expiry_interval: nothing(
    "retained messages stay here until they are replaced or their own time is over",
  ),
  sys_interval: (line, { top, remarks }) => {
    const value = numberOf(line);
    if (value === undefined) remarks.push({ line, text: NO_NUMBER });
    else top.set("sysTopicInterval", String(within([0, 86_400], value, line, remarks)));
  },
  global_max_connections: limit("connections", "1,000,000"),
  global_max_clients: limit("sessions", "2,000,000"),
  persistence,
  retained_persistence: (line, into, conf) => {
    if (conf.global.get("persistence") === undefined) persistence(line, into, conf);
  },
  persistence_file: nothing('it is called "comqtt.db"'),
  autosave_interval: nothing("not needed: everything is written at once"),
  autosave_on_changes: unlessFalse("not needed: everything is written at once"),
  queue_qos0_messages: unlessFalse(queuedQos0),
  upgrade_outgoing_qos: unlessFalse("a message comes with the lower QoS of the two, as the standard says"),
  check_retain_source: unlessTrue("here nothing retained depends on the rights of its publisher any more"),
  clientid_prefixes: nothing("NOT THERE: listeners with it are not opened"),
  enable_control_api: unlessFalse("there is no $CONTROL here"),
  plugin_load: nothing("a plug-in of mosquitto can't be loaded here"),
  global_plugin: nothing("a plug-in of mosquitto can't be loaded here"),
  log_dest: (_line, into, conf) => logPlaces(conf, into),
  log_timestamp: (line, { log }) => {
    if (truthOf(line) === false) log.set("times", "never");
  },
  log_timestamp_format: nothing("times are as 2026-01-31T12:00:00.000Z"),
  log_facility: nothing("the log goes to standard error"),
  connection_messages: unlessTrue("who connects and goes is told at level debug alone"),
  user: nothing("it runs as whoever starts it: start it as that user, as a service does with User="),
  pid_file: nothing("there is none; a service manager needs none"),
  set_tcp_nodelay: unlessTrue("it always is on"),
  per_listener_settings: unlessFalse("each listener is judged by its own lines"),
  ...Object.fromEntries(
    [
      ...["allow_duplicate_messages", "retry_interval", "store_clean_interval", "packet_buffer_size"],
      ...["websockets_headers_size", "websockets_log_level", "trace_level", "trace_output", "ffdc_output"],
      "max_log_entries",
    ].map((word) => [word, nothing(obsolete)]),
  ),
};

/** Without those of listeners, which are said of all of them together: see `commonSettings`. */
export function settingsOf(conf: Conf): Settings {
  const into: Settings = {
    capabilities: new Map(),
    limits: new Map(),
    top: new Map(),
    logLevel: null,
    log: new Map(),
    remarks: [],
  };
  logLevel(conf, into);
  for (const [word, convert] of Object.entries(converts)) {
    const line = conf.global.get(word);
    if (line !== undefined) convert(line, into, conf);
  }
  const location = conf.global.get("persistence_location");
  if (location !== undefined && !into.top.has("data")) {
    into.remarks.push({ line: location, text: "without persistence true nothing is kept" });
  }
  commonSettings(conf.listeners, into);
  return into;
}

/** What is said of each listener there and of the whole broker here: the largest of them. */
function commonSettings(listeners: readonly ConfListener[], into: Settings): void {
  const common = (words: readonly string[], unset: number): { value: number; line: Line } | null => {
    const lines = listeners.map(({ options }) =>
      words.map((word) => options.get(word)).find((l) => l !== undefined)
    );
    const said = lines.filter((line) => line !== undefined);
    if (said.length === 0) return null;
    const values = lines.map((line) => line === undefined ? unset : numberOf(line) ?? unset);
    const value = Math.max(...values);
    const line = said.find((one) => numberOf(one) === value) ?? said[0]!;
    const text = `of all listeners together here: ${value === Infinity ? "not taken over" : value}`;
    if (new Set(values).size > 1) said.forEach((one) => into.remarks.push({ line: one, text }));
    return { value, line };
  };
  const qos = common(["max_qos", "maximum_qos"], 2);
  if (qos !== null) {
    into.capabilities.set("maximumQos", String(within([0, 2], qos.value, qos.line, into.remarks)));
  }
  const aliases = common(["max_topic_alias"], 10);
  if (aliases !== null) {
    into.capabilities.set(
      "topicAliasMaximum",
      String(within([0, 65_535], aliases.value, aliases.line, into.remarks)),
    );
  }
  connections(listeners, into);
}

function connections(listeners: readonly ConfListener[], { limits, remarks }: Settings): void {
  const lines = listeners.map(({ options }) => options.get("max_connections"));
  const sums = lines.map((line) => line === undefined ? -1 : numberOf(line) ?? -1);
  if (sums.every((value) => value > 0) && !limits.has("connections")) {
    limits.set("connections", String(Math.min(limitRanges.connections[1], sums.reduce((a, b) => a + b, 0))));
    if (sums.length === 1) return;
  }
  for (const line of lines) {
    if (line === undefined || (numberOf(line) ?? 1) < 0) continue;
    const text = limits.has("connections")
      ? `of all listeners together here: ${limits.get("connections")}`
      : "limits.connections is of all listeners together; not taken over";
    remarks.push({ line, text });
  }
}
