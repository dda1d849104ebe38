/** A mosquitto.conf as a file for this program: what has a counterpart as a setting, everything else as a remark. */

import { accessOf, accessSettings } from "./access.ts";
import { type Bridge, type Conf, type Include, readConf, type Remark, shown } from "./conf.ts";
import { isSecret } from "./directives.ts";
import { listenerOf, type MigratedListener, titleOf } from "./listeners.ts";
import { type Settings, settingsOf } from "./settings.ts";
import { comment, section } from "./yaml_text.ts";

/** What an installed mosquitto does where its file says nothing, and this program does otherwise. */
const OTHERWISE: readonly (readonly [directive: string, here: string])[] = [
  [
    "max_inflight_messages",
    "20 messages sent and not acknowledged per client there, 1,024 here (limits.inflight)",
  ],
  ["max_queued_messages", "1,000 messages per queue there, 10,000 here (limits.queuedMessages)"],
  ["max_packet_size", "no limit of a packet in 2.0, 2,000,000 bytes in 2.1, 1 MiB here (limits.packetSize)"],
  ["max_topic_alias", "10 topic aliases per client there, 1,024 here (capabilities.topicAliasMaximum)"],
  ["sys_interval", "$SYS every 10 s there, every second here (sysTopicInterval)"],
];

/**
 * The text of a configuration file. `file`: what it is called in remarks; `include`: reads a directory of `include_dir`.
 * Whatever kept somebody out and is not there here leaves its listener closed: it is a comment, and is said first.
 */
export function migrateMosquitto(text: string, file: string, include: Include = () => null): string {
  const conf = readConf(text, file, include);
  const settings = settingsOf(conf);
  for (const [name, value] of accessSettings(accessOf(conf))) settings.top.set(name, value);
  const listeners = conf.listeners.map((listener) => listenerOf(conf, listener));
  return [
    ...comment(`Made from ${JSON.stringify(file)} by "comqtt config migrate"`),
    "#",
    ...closedLines(listeners),
    ...remarkLines(conf, [
      ...conf.remarks,
      ...settings.remarks,
      ...listeners.flatMap(({ remarks }) => remarks),
    ]),
    ...otherwiseLines(conf),
    "",
    ...listenerLines(listeners),
    ...settingLines(settings),
    ...bridgeLines(conf.bridges),
    "",
  ].join("\n");
}

function closedLines(listeners: readonly MigratedListener[]): string[] {
  const closed = listeners.filter((one) => one.closed.length > 0);
  if (closed.length === 0) return [];
  const nobody = closed.length === listeners.length
    ? " NOBODY CAN CONNECT, AND THE PROGRAM DOES NOT START."
    : "";
  return [
    ...comment(
      `REMARK: NOT OPENED, BECAUSE WHAT KEEPS STRANGERS OUT THERE IS NOT THERE HERE YET.${nobody} ` +
        "Whoever takes the comment from one of them opens it without that:",
    ),
    ...closed.flatMap(({ listener, closed }) => [
      ...comment(titleOf(listener), "- "),
      ...closed.flatMap((why) => comment(why, "  - ")),
    ]),
    "#",
  ];
}

function remarkLines({ unread }: Conf, remarks: readonly Remark[]): string[] {
  const all = [...unread.map((line) => ({ line, text: "REMARK: COULD NOT BE READ" })), ...remarks];
  if (all.length === 0) return [];
  return [
    "# Remarks:",
    ...all.flatMap(({ line, text }) => comment(`${line.place} ${shown(line)}: ${text}`, "- ")),
    "#",
  ];
}

function otherwiseLines({ global, listeners }: Conf): string[] {
  const said = (word: string): boolean =>
    global.get(word) !== undefined || listeners.some(({ options }) => options.get(word) !== undefined);
  const lines = OTHERWISE.filter(([word]) => !said(word)).flatMap(([, here]) => comment(here, "- "));
  return lines.length === 0 ? [] : ["# Not said in the file, and another one here:", ...lines];
}

function listenerLines(listeners: readonly MigratedListener[]): string[] {
  const open = listeners.some(({ closed }) => closed.length === 0);
  return [
    // (An empty list is none at all; without it there would be those of this machine.)
    open ? "listeners:" : "listeners: []",
    ...listeners.flatMap(({ listener, yaml, closed }) => {
      const lines = yaml.map((line, i) => `${i === 0 ? "  - " : "    "}${line}`);
      return [
        ...comment(titleOf(listener)).map((line) => `  ${line}`),
        ...(closed.length === 0 ? lines : lines.map((line) => `  #${line}`)),
      ];
    }),
  ];
}

function settingLines({ capabilities, limits, top, logLevel, log }: Settings): string[] {
  const blocks = [
    section("capabilities", capabilities),
    section("limits", limits),
    [...top].map(([name, value]) => `${name}: ${value}`),
    section("log", logLevel === null ? log : new Map([["level", logLevel], ...log])),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block) => ["", ...block]);
}

/** There are none here yet. */
function bridgeLines(bridges: readonly Bridge[]): string[] {
  if (bridges.length === 0) return [];
  return [
    "",
    ...comment(
      "There are no bridges from here yet; a mosquitto can be connected to this broker by its own. What was asked for:",
    ),
    ...bridges.flatMap(({ line, options }) => [
      ...comment(`${shown(line)} (${line.place})`),
      ...options.flatMap((option) =>
        comment(`${shown(option)}${isSecret(option.word) ? ` (as in ${option.place})` : ""}`, "  ")
      ),
    ]),
  ];
}
