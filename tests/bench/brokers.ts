/** The brokers that are compared: how each is started, and what it is called. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { firstLine } from "./process.ts";
import type { Transport } from "./workload.ts";

export type BrokerName = "mosquitto" | "deno" | "bun";

export interface Broker {
  readonly name: BrokerName;
  /** As it appears in the table. */
  readonly title: string;
  readonly version: string;
  /** The command that listens on this port of 127.0.0.1; `folder` is for its files. The transport is TCP without one. */
  command(port: number, folder: string, transport?: Transport): readonly [file: string, ...args: string[]];
}

/** ECDSA, P-256; the same for all brokers. */
const CERTIFICATE: string = fileURLToPath(new URL("../fixtures/tls/server.crt", import.meta.url));
const KEY: string = fileURLToPath(new URL("../fixtures/tls/server.key", import.meta.url));

/** mosquitto's way to keep nothing. */
const NOTHING_KEPT: readonly string[] = ["persistence false"];

function mosquittoListener(transport: Transport, port: number, folder: string): string[] {
  const listener = `listener ${port} 127.0.0.1`;
  if (transport === "tls") return [listener, `certfile ${CERTIFICATE}`, `keyfile ${KEY}`];
  // (2.0.11 does not start when all its listeners are for WebSocket.)
  if (transport === "ws") {
    return [`listener 0 ${join(folder, `mosquitto-${port}.socket`)}`, listener, "protocol websockets"];
  }
  return [listener];
}

function ourTransport(transport: Transport, address: string): string[] {
  if (transport === "tcp") return ["--tcp", address, "--ws", "off"];
  if (transport === "ws") return ["--tcp", "off", "--ws", address];
  return ["--tcp", "off", "--ws", "off", "--tls", address, "--tls-cert", CERTIFICATE, "--tls-key", KEY];
}

/**
 * Debian puts mosquitto where only root looks. Its limits of queued and unacknowledged messages are lifted: that is
 * the setting in which it loses nothing, and in which it is fastest. `persistence`: lines of its configuration.
 */
export async function findMosquitto(
  persistence: readonly string[] = NOTHING_KEPT,
): Promise<Broker | undefined> {
  for (const file of ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"]) {
    const version = /mosquitto version (\S+)/.exec(await firstLine(file, ["-h"]) ?? "")?.[1];
    if (version === undefined) continue;
    return {
      name: "mosquitto",
      title: "mosquitto",
      version,
      command: (port, folder, transport = "tcp") => {
        const config = join(folder, `mosquitto-${port}.conf`);
        writeFileSync(
          config,
          [
            // (Started by root it would write as another user, who may not write here.)
            "user root",
            ...mosquittoListener(transport, port, folder),
            "allow_anonymous true",
            "max_queued_messages 0",
            "max_inflight_messages 0",
            ...persistence,
            `persistence_file mosquitto-${port}.db`,
            `persistence_location ${folder}/`,
            "log_type none",
            "",
          ].join("\n"),
        );
        return [file, "-c", config];
      },
    };
  }
  return undefined;
}

/** This project's broker on one of its runtimes, or `undefined` when the runtime is not installed. */
export function findOurs(
  runtime: "deno" | "bun",
  main: string,
  extra: readonly string[],
): Promise<Broker | undefined> {
  return findProgram(
    runtime,
    main,
    (
      port,
      _folder,
      transport,
    ) => [...ourTransport(transport, `127.0.0.1:${port}`), "--http", "off", ...extra],
  );
}

/** A program on one of the runtimes with these arguments, and `flags` for `deno run`, or `undefined` when the runtime is not installed. */
export async function findProgram(
  runtime: "deno" | "bun",
  main: string,
  argumentsFor: (port: number, folder: string, transport: Transport) => readonly string[],
  flags: readonly string[] = [],
): Promise<Broker | undefined> {
  // The runtime that runs this program need not be on the PATH, and what is there may be a script that starts the
  // runtime as its child: it is asked for the program itself, whose CPU time and memory are to be measured.
  const own = runtime === ("Bun" in globalThis ? "bun" : "deno") ? process.execPath : runtime;
  const ask = runtime === "deno" ? "eval" : "-e";
  for (const name of new Set([own, runtime])) {
    const file = await firstLine(name, [ask, "console.log(process.execPath)"]);
    if (file === undefined) continue;
    const version = /\d+\.\d+\.\d+\S*/.exec(await firstLine(file, ["--version"]) ?? "")?.[0] ?? "unknown";
    const launch = runtime === "deno" ? ["run", "-A", ...flags, main] : [main];
    return {
      name: runtime,
      title: runtime === "deno" ? "Deno" : "Bun",
      version,
      command: (
        port,
        folder,
        transport = "tcp",
      ) => [file, ...launch, ...argumentsFor(port, folder, transport)],
    };
  }
  return undefined;
}
