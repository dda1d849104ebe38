/** Runs the broker until a signal ends it. */

import { setTimeout } from "../runtime/timers.ts";
import { errorCodeOf } from "../core/codes.ts";
import { faultOf } from "../core/log/fault.ts";
import { CodedError } from "../core/errors.ts";
import type { PartialServerOptions } from "../core/options.ts";
import type { Configuration, ListenerSetting } from "../config/configuration.ts";
import { dataDirectory, socketIn } from "../config/data_directory.ts";
import { storageChoice } from "../config/storage.ts";
import { ListenerError } from "../listeners/listener_error.ts";
import type { MetricAliases } from "../../dashboard/metrics/table.ts";
import { onFaults } from "../runtime/faults.ts";
import type { HttpHandler } from "../runtime/http/http.ts";
import { describeListenFault } from "../runtime/tcp/listen_fault.ts";
import { exit } from "../runtime/process.ts";
import { onSignals, userSignals } from "../runtime/signals.ts";
import { Server } from "../server/server.ts";
import { VERSION } from "../core/version.ts";
import { accessOf, strangersIn } from "./access.ts";
import { ProgramAccess } from "./access/program_access.ts";
import { accessFound } from "./access/setting.ts";
import type { ApiSocket } from "./api_socket.ts";
import { announce, entrances, openWarnings } from "./announce.ts";
import type { Listener } from "../listeners/listener.ts";
import type { Configured } from "./configure.ts";
import type { Reload } from "./reload.ts";
import type { ProgramLog } from "./log/program_log.ts";
import { guardOf } from "./guard.ts";
import { makeListener } from "./listeners.ts";
import { returnMemory } from "./memory.ts";
import type { Parts } from "./parts.ts";
import { makeStorage } from "./storage.ts";

/** Closing takes less; should it not, the process ends all the same. */
const LAST_RESORT_MS = 4600;
/** So long the last lines are waited for when nobody takes them. */
const LAST_LINES_MS = 300;
const NO_TIME_MS = 50;

/** Nothing would keep the process, or nobody would know what for. */
const NO_LISTENER =
  "Nobody can connect: there is no listener for MQTT, expected one of --tcp, --ws, --tls, --wss " +
  'and --unix, or one in "listeners" of the file';

/** What serving needs besides the configuration. */
export interface Serving {
  readonly parts: Parts;
  readonly log: ProgramLog;
  /** Reads the configuration again. Throws a `ConfigError`. */
  readonly configure: () => Promise<Configured>;
}

/** Starts it; throws an Error with one line when that cannot be done. It then runs until the process ends. */
export async function serve(configured: Configured, { parts, log, configure }: Serving): Promise<void> {
  const { configuration } = configured;
  onFaults((error) =>
    log.events.tell("internal-error", {
      detail: "nobody caught it",
      errorCode: errorCodeOf(error) ?? undefined,
      error: error.stack ?? error.message,
    })
  );
  const server = new Server({ ...serverOptions(configuration), ...log.options });
  const directory = dataDirectory(configuration.values);
  const around = { parts, data: directory };
  const { setting, remark } = await accessFound(configuration);
  const chain = await accessOf(setting, around);
  const guard = guardOf(configuration);
  for (const hook of [...guard.hooks, ...chain.hooks]) server.addHook(hook);
  const storage = await makeStorage(storageChoice(configuration.values), parts);
  if (storage !== null) server.addHook(storage);
  const { presence } = configuration.values;
  if (presence !== undefined) {
    const { Presence } = await import("../../hooks/presence.ts");
    server.addHook(new Presence({ node: presence, server }));
  }
  const { aliases = [] } = configuration.values.metrics;
  const make = listenerMaker(server, parts, aliases);
  for (const setting of configuration.listeners) await server.addListener(await make(setting));
  const socket: Promise<ApiSocket>[] = [];
  const access = new ProgramAccess(directory, server);
  const stopped = stopOnSignal(server, log, async () => {
    for (const opened of socket) await (await opened).close();
    access.close();
  });
  let loaded: Promise<Reload> | null = null;
  const reload = (): Promise<Reload> =>
    loaded ??= import("./reload.ts").then(({ Reload }) =>
      new Reload({ server, log, configure, make, chain, setting, around, guard }, configuration)
    );
  const reloadable = reloads(reload, log);
  // Other brokers save or show something on them, and who sends one does not want this one to end.
  onSignals(userSignals, (signal) => {
    if (reopened(log, signal)) return;
    const detail = `${signal}: there is nothing to do on this signal, comqtt goes on`;
    log.events.note("signal-ignored", { detail });
  });
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
  const places = entrances(server.listeners, configuration.listeners, strangersIn(chain));
  announce(log, places, server.storage);
  if (remark !== null) log.say(remark, "who-can-connect");
  for (const detail of openWarnings(places)) log.events.note("open-to-everyone", { detail });
  reloadable();
  if (directory !== null && !stopped()) {
    const { openApiSocket } = await import("./api_socket.ts");
    const host = { server, aliases, access, bans: guard.bans };
    socket.push(openApiSocket(socketIn(directory), host, log.events, parts));
    await socket[0];
  }
  if (configuration.values.watch === true) await watchFiles(configured.files, reload);
  returnMemory();
  log.say(`comqtt ${VERSION} is ready`, "ready");
}

/** What the server itself is told. */
function serverOptions({ values }: Configuration): PartialServerOptions {
  const { capabilities, limits, queueFull, sysTopicInterval, restoreCounters } = values;
  return {
    capabilities,
    limits,
    ...(queueFull === undefined ? {} : { queueFull }),
    ...(sysTopicInterval === undefined ? {} : { sysTopicInterval }),
    ...(restoreCounters === undefined ? {} : { restoreCounters }),
  };
}

/** The application of statistics is loaded only when it is served. */
function listenerMaker(
  server: Server,
  parts: Parts,
  aliases: readonly MetricAliases[],
): (setting: ListenerSetting) => Promise<Listener> {
  const none: HttpHandler = () => new Response(null, { status: 404 });
  return async (setting) => {
    if (!setting.protocol.startsWith("http")) return await makeListener(setting, none);
    const { statsApp } = await parts.statsApp();
    // (Open, it says where: its port may have been any.)
    let listener: Listener | null = null;
    const handler = statsApp(server, { aliases, at: () => listener?.address ?? setting.address });
    return listener = await makeListener(setting, handler);
  };
}

/** `before`: what ends besides. The function returned says whether a signal has come. */
function stopOnSignal(server: Server, log: ProgramLog, before: () => Promise<void>): () => boolean {
  let stopping = false;
  onSignals(["SIGINT", "SIGTERM"], (signal) => {
    // Whoever asks twice does not want to wait.
    if (stopping) {
      void log.end(NO_TIME_MS).finally(() => exit(signal === "SIGINT" ? 130 : 143));
      return;
    }
    stopping = true;
    log.say(`${signal}: comqtt is closing`, "closing");
    const end = (): void => {
      // What could not be written is missing at the next start, and whoever started us should know.
      void log.end(LAST_LINES_MS).finally(() => exit(typeof server.storage?.failing === "string" ? 1 : 0));
    };
    setTimeout(end, LAST_RESORT_MS);
    const fail = (error: unknown): void => log.events.note("close-failed", faultOf(error));
    Promise.all([before().catch(fail), server.close().catch(fail)]).finally(end);
  });
  return () => stopping;
}

/**
 * SIGHUP, and with `watch` a change of the files. What comes before the call of the function returned is done then,
 * because a start may take its time.
 */
function reloads(reload: () => Promise<Reload>, log: ProgramLog): () => void {
  let ready = false;
  let asked = false;
  const run = (): void => void reload().then((loaded) => loaded.run("SIGHUP"));
  onSignals(["SIGHUP"], (signal) => {
    reopened(log, signal);
    if (ready) run();
    else asked = true;
  });
  return () => {
    ready = true;
    if (asked) run();
  };
}

/** Somebody has moved the log file. False: there is none. */
function reopened(log: ProgramLog, detail: string): boolean {
  if (!log.reopen()) return false;
  log.events.note("log-reopened", { detail });
  return true;
}

/** Looks at the files from now on. */
async function watchFiles(files: readonly string[], reload: () => Promise<Reload>): Promise<void> {
  const { FileWatch } = await import("../listeners/watch_files.ts");
  const watch = new FileWatch(files, async () => await (await reload()).run("Configuration changed"));
  await watch.look();
  watch.start();
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
