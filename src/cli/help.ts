/** The text of `--help`, made from the table of options. */

import { VERSION } from "../core/version.ts";
import { commands } from "./commands.ts";
import { type Option, type OptionGroup, optionGroups } from "./options.ts";

export function helpText(): string {
  return [
    `comqtt ${VERSION}: an MQTT broker for MQTT 3.1, 3.1.1 and 5.0`,
    "",
    "Usage: comqtt [OPTION]...              serves",
    "       comqtt COMMAND [OPTION]...",
    "",
    ...commandLines(),
    "",
    "Without options only this machine can connect, without a password. To let others in: --tcp :1883",
    ...optionGroups.flatMap(groupLines),
    "",
    "Listener options may be given several times; they replace those of the same kind from elsewhere.",
    "Every setting of the file is an option and a variable, too: --limits-packet-size 2MiB and",
    "COMQTT_LIMITS_PACKET_SIZE; docs/configuration.md has all of them. Options go before variables, variables",
    "before files.",
    "A variable that is empty is not set. A path may begin with ~/, the home directory.",
    "",
  ].join("\n");
}

/** Columns of a command that has its text beside it. */
const WIDEST = 24;

function commandLines(): string[] {
  const heads = commands.map(({ name, operand }) => `${name} ${operand}`);
  const width = Math.max(...heads.map((one) => one.length).filter((length) => length <= WIDEST));
  // (A long one has its text in the next line.)
  const line = (head: string, text: string): string =>
    head.length > width ? `  ${head}\n  ${" ".repeat(width)}  ${text}` : `  ${head.padEnd(width)}  ${text}`;
  return ["Commands:", ...commands.map(({ text }, i) => line(heads[i]!, text))];
}

function groupLines({ title, options }: OptionGroup): string[] {
  const width = Math.max(
    ...optionGroups.flatMap((group) => group.options.map((option) => head(option).length)),
  );
  const indent = `\n${" ".repeat(width + 4)}`;
  return [
    "",
    `${title}:`,
    ...options.map((option) => `  ${head(option).padEnd(width)}  ${option.text.replaceAll("\n", indent)}`),
  ];
}

function head({ name, value, short }: Option): string {
  const spelt = short === undefined ? `    --${name}` : `-${short}, --${name}`;
  return value === undefined ? spelt : `${spelt} ${value}`;
}
