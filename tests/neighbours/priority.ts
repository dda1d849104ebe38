/**
 * Who goes first on two cores: the neighbours, who measure; then the broker; the crowd last. Otherwise a crowd that
 * computes would be measured, and not what the broker makes of it.
 */

import { spawnSync } from "node:child_process";

export type Role = "neighbours" | "broker" | "crowd";

/** For who may go before everybody else on the machine, and for who may not. */
const ABOVE: Readonly<Record<Role, number>> = { neighbours: -12, broker: -10, crowd: 0 };
const BELOW: Readonly<Record<Role, number>> = { neighbours: 0, broker: 2, crowd: 12 };

function permitted(): boolean {
  const { status, stdout } = spawnSync("nice", ["-n", "-12", "nice"], { encoding: "utf8" });
  return status === 0 && stdout.trim() === "-12";
}

let chosen: Readonly<Record<Role, number>> | undefined;

/** The command that runs another one in this role; its process id is that of the other one. */
export function withPriority(role: Role, command: readonly string[]): [file: string, ...args: string[]] {
  chosen ??= permitted() ? ABOVE : BELOW;
  return ["nice", "-n", String(chosen[role]), ...command];
}
