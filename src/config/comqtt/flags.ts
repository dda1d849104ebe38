/** Options of comqtt 2: those that have a counterpart here mean the same, the others are refused by their names. */

import type { Layer } from "../configuration.ts";
import { nothingOutside, type Outside } from "../outside.ts";
import { type Problem, quote } from "../../core/problem.ts";
import { comqttStorage } from "../storage.ts";
import { settingAt } from "../table/check.ts";
import { Found } from "../table/found.ts";
import { namedByOption } from "../table/names.ts";
import { takeText } from "../table/texts.ts";
import { type ComqttAuth, type SaidOfAuth, takeComqttAuth } from "./auth.ts";
import { yesOrNo } from "../values.ts";

const noCluster = "there is no cluster yet";

/** Those that are not taken, and what there is instead. */
export const refusedOptions: ReadonlyMap<string, string> = new Map([
  ["quic", "there is no QUIC yet"],
  ...[
    ...[
      "node-name",
      "bind-ip",
      "bind-addr",
      "bind-port",
      "gossip-port",
      "raft-port",
      "raft-dir",
      "raft-bootstrap",
    ],
    ...["raft-log-level", "members", "grpc-enable", "grpc-port", "nodes-file-dir"],
  ].map((name) => [name, noCluster] as const),
]);

/** Those that are taken; `answer`: one that says yes when nothing follows an equals sign. */
export const takenOptions: ReadonlyMap<string, "value" | "answer"> = new Map([
  ["storage-way", "value"],
  ["auth-way", "value"],
  ["auth-ds", "value"],
  ["auth-path", "value"],
  ["log-enable", "answer"],
  ["redis", "value"],
  ["redis-pass", "value"],
  ["redis-db", "value"],
]);

/** What the settings are called here. */
const counterparts: ReadonlyMap<string, string> = new Map([
  ["redis", "storage-address"],
  ["redis-pass", "storage-password"],
  ["redis-db", "storage-database"],
]);

type Given = ReadonlyMap<string, readonly string[]>;

/** By the option's name without dashes. */
export function comqttFlagLayer(
  given: Given,
  outside: Outside = nothingOutside,
): { layer: Layer; problems: Problem[] } {
  const found = new Found();
  const problems: Problem[] = [];
  for (const [option, [text = ""]] of given) {
    if (!takenOptions.has(option)) continue;
    const origin = `--${option}`;
    const counterpart = counterparts.get(option);
    if (counterpart !== undefined) {
      takeText({ named: namedByOption(counterpart)!, text, origin }, { found, problems, outside });
      continue;
    }
    problems.push(...take({ option, text, origin }, found));
  }
  problems.push(...takeComqttAuth(authIn(given), found, { confPath: "--auth-path" }));
  return { layer: { found, listeners: new Map() }, problems };
}

function authIn(given: Given): ComqttAuth {
  const said = (option: string): SaidOfAuth | undefined => {
    const text = given.get(option)?.[0];
    return text === undefined ? undefined : { text, where: `--${option}`, name: "" };
  };
  const [way, datasource, confPath] = [said("auth-way"), said("auth-ds"), said("auth-path")];
  return {
    ...(way === undefined ? {} : { way }),
    ...(datasource === undefined ? {} : { datasource }),
    ...(confPath === undefined ? {} : { confPath }),
  };
}

interface Asked {
  readonly option: string;
  readonly text: string;
  readonly origin: string;
}

function take({ option, text, origin }: Asked, found: Found): Problem[] {
  switch (option) {
    case "storage-way": {
      const type = comqttStorage.parse(text);
      if (type === undefined) return [wrong(origin, text, comqttStorage.accepted)];
      found.set("storage.type", type, origin, settingAt("storage.type"));
      if (type === "memory") return [];
      const where = type === "sqlite"
        ? "SQLite here, in the directory of --data"
        : "Redis here, in other keys";
      return [warning(origin, `${quote(text)} is ${where}; what comqtt 2 has stored is not read`)];
    }
    case "log-enable": {
      const answer = text === "" ? true : yesOrNo.parse(text);
      if (answer === undefined) return [wrong(origin, text, yesOrNo.accepted)];
      if (!answer) found.set("log.level", "off", origin, settingAt("log.level"));
      return [];
    }
    default:
      return [];
  }
}

function warning(where: string, message: string): Problem {
  return { severity: "warning", where, message };
}

function wrong(where: string, text: string, accepted: string): Problem {
  return { severity: "error", where, message: `Cannot use ${quote(text)}, expected ${accepted}` };
}
