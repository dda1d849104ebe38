/** What the program does besides serving, as one table: parsing and help are made from it. */

import type { Call } from "./call.ts";

export interface Command {
  readonly name: string;
  /** What follows its name in the help. */
  readonly operand: string;
  /** How many have to follow, at least and at most. */
  readonly operands: readonly [least: number, most: number];
  readonly text: string;
  /** What it says in the end. Throws an Error with one line. Loaded only when it is called. */
  readonly run: (call: Call) => Promise<string>;
}

export const commands: readonly Command[] = [
  {
    name: "backup",
    operand: "FILE",
    operands: [1, 1],
    text: "copies what is kept to a new FILE, also while the broker runs",
    run: async (call) => (await import("./commands/backup.ts")).backup(call),
  },
  {
    name: "restore",
    operand: "FILE",
    operands: [1, 1],
    text: "puts a backup in the place of what is kept, while the broker does not run",
    run: async (call) => (await import("./commands/restore.ts")).restore(call),
  },
  {
    name: "inspect",
    operand: "[FILE|DIR]",
    operands: [0, 1],
    text: "counts sessions, queues and retained messages, of a backup or of what is kept (in DIR)",
    run: async (call) => (await import("./commands/inspect.ts")).inspect(call),
  },
  {
    name: "config",
    operand: "migrate FILE",
    operands: [2, 2],
    text: "writes a mosquitto.conf, or a file of comqtt 2, as one for --conf, with remarks",
    run: async (call) => (await import("./commands/config.ts")).config(call),
  },
];
