/** Runs the broker until a signal ends it. */

import { setTimeout } from "../runtime/timers.ts";
import { errorCodeOf } from "../core/codes.ts";
import { logWithCode } from "../core/log.ts";
import { CodedError } from "../core/errors.ts";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { textOf } from "../core/error_text.ts";
import type { Log, PartialServerOptions } from "../core/options.ts";
import type { Configuration, ListenerSetting } from "../config/configuration.ts";
import { DEFAULT_LEVEL } from "../config/log_default.ts";
import { storageChoice } from "../config/storage.ts";
import { ListenerError } from "../listeners/listener_error.ts";
import { onFaults } from "../runtime/faults.ts";
import type { HttpHandler } from "../runtime/http/http.ts";
import { describeListenFault } from "../runtime/tcp/listen_fault.ts";
import { exit, writeOutput } from "../runtime/process.ts";
import { onSignals, userSignals } from "../runtime/signals.ts";
import { Server } from "../server/server.ts";
import { VERSION } from "../core/version.ts";
import { entrances, listenerLines, openWarnings, storageLine, versionLine } from "./announce.ts";
import { makeListener } from "./listeners.ts";
import { returnMemory } from "./memory.ts";
import type { Parts } from "./parts.ts";
import { makeStorage } from "./storage.ts";

/** Closing takes less; should it not, the process ends all the same. */
const LAST_RESORT_MS = 4700;

/** Nothing would keep the process, or nobody would know what for. */
const NO_LISTENER =
  "Nobody can connect: there is no listener for MQTT, expected one of --tcp, --ws, --tls, --wss " +
  'and --unix, or one in "listeners" of the file';

/** Starts it; throws an Error with one line when that cannot be done. It then runs until the process ends. */
export async function serve(configuration: Configuration, parts: Parts, log: Log): Promise<void> {
  onFaults((error) => {
    const text = `Nobody caught an error: ${error.stack ?? error.message}`;
    logWithCode(log, "error", text, errorCodeOf(error) ?? "internal-error");
  });
  const server = new Server({ ...serverOptions(configuration), log });
  server.addHook(new AllowAll());
  const storage = await makeStorage(storageChoice(configuration.values), parts);
  if (storage !== null) server.addHook(storage);
  const handler = await httpHandler(configuration, server, parts);
  for (const setting of configuration.listeners) {
    await server.addListener(await makeListener(setting, handler));
  }
  const stopped = stopOnSignal(server, log);
  const reloads = reloadOnSignal(server, log);
  // Other brokers save or show something on them, and who sends one does not want this one to end.
  onSignals(
    userSignals,
    (signal) => log("info", `${signal}: there is nothing to do on this signal, comqtt goes on`),
  );
  try {
    await server.serve();
  } catch (error) {
    if (stopped()) return;
    throw error instanceof ListenerError ? withOrigin(error, configuration.listeners) : error;
  }
  if (server.listeners.length === 0) {
    await server.close();
    throw new CodedError("config-invalid", NO_LISTENER);
  }
  say(versionLine());
  const places = entrances(server.listeners, configuration.listeners);
  for (const line of listenerLines(places)) say(line);
  say(storageLine(server.storage));
  for (const warning of openWarnings(places)) log("warn", warning);
  reloads();
  returnMemory();
  say(`comqtt ${VERSION} is ready`);
}

/** What the server itself is told. */
function serverOptions({ values }: Configuration): PartialServerOptions {
  const { capabilities, limits, queueFull, sysTopicInterval, restoreCounters, log } = values;
  return {
    capabilities,
    limits,
    logLevel: log.level ?? DEFAULT_LEVEL,
    ...(queueFull === undefined ? {} : { queueFull }),
    ...(sysTopicInterval === undefined ? {} : { sysTopicInterval }),
    ...(restoreCounters === undefined ? {} : { restoreCounters }),
  };
}

/** The application is loaded only when it is served. */
async function httpHandler({ listeners }: Configuration, server: Server, parts: Parts): Promise<HttpHandler> {
  if (!listeners.some(({ protocol }) => protocol.startsWith("http"))) {
    return () => new Response(null, { status: 404 });
  }
  const { statsApp } = await parts.statsApp();
  return statsApp(server);
}

function say(line: string): void {
  writeOutput(`${line}\n`);
}

/** The function returned says whether a signal has come. */
function stopOnSignal(server: Server, log: Log): () => boolean {
  let stopping = false;
  onSignals(["SIGINT", "SIGTERM"], (signal) => {
    // Whoever asks twice does not want to wait.
    if (stopping) exit(signal === "SIGINT" ? 130 : 143);
    stopping = true;
    say(`${signal}: comqtt is closing`);
    // What could not be written is missing at the next start, and whoever started us should know.
    const end = (): void => exit(typeof server.storage?.failing === "string" ? 1 : 0);
    setTimeout(end, LAST_RESORT_MS);
    server.close().catch((error: Error) =>
      logWithCode(log, "error", `Closing failed: ${error.message}`, errorCodeOf(error))
    ).finally(end);
  });
  return () => stopping;
}

/** From the call of the function returned on; what came before is done then, because a start may take its time. */
function reloadOnSignal(server: Server, log: Log): () => void {
  let ready = false;
  let asked = false;
  onSignals(["SIGHUP"], () => {
    if (ready) void reload(server, log);
    else asked = true;
  });
  return () => {
    ready = true;
    if (asked) void reload(server, log);
  };
}

/** Certificates are renewed while clients are connected. */
async function reload(server: Server, log: Log): Promise<void> {
  const encrypted = server.listeners.filter(({ protocol }) => ["tls", "wss", "https"].includes(protocol));
  if (encrypted.length === 0) log("info", "SIGHUP: there is no certificate to read again");
  for (const listener of encrypted) {
    try {
      await listener.reload?.();
      log("info", `SIGHUP: the certificate of listener "${listener.id}" was read again`);
    } catch (error) {
      logWithCode(
        log,
        "error",
        `SIGHUP: the certificate stays as it is: ${textOf(error)}`,
        errorCodeOf(error),
      );
    }
  }
}

/** Says what to change. */
function withOrigin(error: ListenerError, settings: Iterable<ListenerSetting>): Error {
  const origin = [...settings].find(({ id }) => id === error.listener)?.origin;
  if (origin === undefined) return error;
  // What is wrong with a certificate is not the address.
  const aboutAddress = /address|host name|permission|not a socket/.test(describeListenFault(error.cause));
  const advice = !origin.startsWith("--")
    ? ` (set by ${origin})`
    : aboutAddress
    ? ` (${origin} takes another ${origin === "--unix" ? "path" : "address"}, or off)`
    : "";
  return new CodedError(error.code, `${error.message}${advice}`, { cause: error });
}
