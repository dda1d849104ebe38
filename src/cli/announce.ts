/** What a starting broker says of itself: where it listens, and who can connect. */

import type { ListenerSetting } from "../config/configuration.ts";
import type { Listener } from "../listeners/listener.ts";
import type { StorageStatus } from "../storage/storage.ts";
import { runtimeName, runtimeVersion } from "../runtime/process.ts";
import { VERSION } from "../core/version.ts";
import type { ProgramLog } from "./log/program_log.ts";

/** Where somebody may come in. */
export interface Entrance {
  readonly id: string;
  readonly protocol: string;
  readonly address: string;
  /** Nobody comes in without a certificate. */
  readonly certified: boolean;
  readonly strangers: Strangers;
}

/** Who comes in without a password: nobody, whom rules let in or to do what rules say, everybody to do everything. */
export type Strangers = "none" | "ruled" | "all";

export function entrances(
  listeners: readonly Listener[],
  settings: readonly ListenerSetting[],
  strangers: Strangers,
): Entrance[] {
  const certified = new Set(
    settings.filter(({ tls }) => tls?.requireClientCert === true).map(({ id }) => id),
  );
  return listeners.map(({ id, protocol, address }) => ({
    id,
    protocol,
    address,
    certified: certified.has(id),
    strangers,
  }));
}

/** All of it, in the order in which it is read. */
export function announce(log: ProgramLog, places: readonly Entrance[], storage: StorageStatus | null): void {
  log.say(versionLine(), "starting");
  const [lines, remark] = listenerLines(places);
  lines.forEach((line, i) => {
    const { id, protocol, address } = places[i]!;
    log.say(line, "listening", { detail: protocol, listener: id, address });
  });
  if (remark !== null) log.say(remark, "who-can-connect");
  log.say(storageLine(storage), "storage-chosen");
}

export function versionLine(): string {
  return `comqtt ${VERSION} (${runtimeName} ${runtimeVersion})`;
}

/** One line for each, then one or more on who can connect without a password. */
function listenerLines(listeners: readonly Entrance[]): [lines: string[], remark: string | null] {
  const width = Math.max(...listeners.map(({ protocol }) => protocol.length));
  const lines = listeners.map(({ protocol, address }) => `  ${protocol.padEnd(width)}  ${address}`);
  const mqtt = listeners.filter(({ protocol }) => !protocol.startsWith("http"));
  if (mqtt.length === 0) return [lines, "Nobody can connect: there is no listener for MQTT"];
  if (mqtt.some(isOpen)) return [lines, null];
  const certified = mqtt.every((one) => one.certified);
  const password = mqtt.every(({ strangers }) => strangers === "none");
  const ruled = mqtt.every(({ strangers }) => strangers === "ruled");
  const who = certified
    ? `and only with a certificate${password ? " and a password" : ""}`
    : password
    ? "and only with a password"
    : `and everyone on it without a password${ruled ? ", as far as rules allow it" : ""}`;
  return [lines, `Only this machine can connect, ${who}; to let others in: --tcp :1883`];
}

/** What becomes of what clients were told is safe. */
function storageLine(storage: StorageStatus | null): string {
  if (storage !== null) return `Storage: ${storage.promise}`;
  return "Storage: memory, sessions and retained messages end with this program; to keep them: --data DIR";
}

/** A line for each listener that lets strangers in. */
export function openWarnings(listeners: readonly Entrance[]): string[] {
  return listeners.filter(isUnguarded).map(({ protocol, address, strangers }) => {
    const who = `Everyone who can reach ${address} (${protocol})`;
    if (protocol.startsWith("http")) return `${who} sees the statistics`;
    if (strangers === "all") return `${who} can connect, publish and subscribe without a password`;
    return `${who} can connect without a password, as far as rules allow it`;
  });
}

/** Strangers see or do something there. */
function isUnguarded(one: Entrance): boolean {
  const guarded = one.strangers === "none" && !one.protocol.startsWith("http");
  return isOpen(one) && !one.certified && !guarded;
}

/** Other machines can reach it. */
function isOpen({ protocol, address }: Entrance): boolean {
  return protocol !== "unix" && !/^(127(\.\d+){3}|\[::1\]|localhost):\d+$/.test(address);
}
