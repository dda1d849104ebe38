/** SIGHUP, or a file that has changed: the configuration is read again, looked at as a whole, and then made so. */

import { errorCodeOf } from "../core/codes.ts";
import { textOf } from "../core/error_text.ts";
import { CHANGEABLE_LIMITS, defaultLimits } from "../core/options.ts";
import { ConfigError, formatProblem } from "../core/problem.ts";
import type { Configuration, ListenerSetting } from "../config/configuration.ts";
import { logChoice } from "../config/log.ts";
import { settingAt } from "../config/table/check.ts";
import type { Listener } from "../listeners/listener.ts";
import type { Server } from "../server/server.ts";
import { type AppliedListeners, applyListeners, sameSetting } from "./apply_listeners.ts";
import { type AccessSetting, accessSettings } from "../config/access/choice.ts";
import type { AccessSurroundings, Chain } from "./access/chain.ts";
import { ReloadAccess } from "./access/reload_access.ts";
import type { ProgramLog } from "./log/program_log.ts";
import type { Guard } from "./guard.ts";
import type { Configured } from "./configure.ts";

export interface Reloading {
  readonly server: Server;
  readonly log: Pick<ProgramLog, "events" | "setLevels">;
  /** Reads everything again. Throws a `ConfigError`. */
  readonly configure: () => Promise<Configured>;
  readonly make: (setting: ListenerSetting) => Promise<Listener>;
  /** Who may connect, as it was at the start. */
  readonly chain: Chain;
  readonly setting: AccessSetting;
  readonly around: AccessSurroundings;
  readonly guard: Guard;
}

export class Reload {
  readonly #with: Reloading;
  /** What the program was started with: what of it differs now needs a restart. */
  readonly #started: Configuration;
  readonly #access: ReloadAccess;
  #inForce: Configuration;
  #listeners: readonly ListenerSetting[];
  #running: Promise<void> | null = null;
  #again: string | null = null;

  constructor(reloading: Reloading, started: Configuration) {
    this.#with = reloading;
    this.#started = this.#inForce = started;
    this.#access = new ReloadAccess(reloading);
    this.#listeners = started.listeners;
  }

  /** `why` begins each line. One at a time: asked again meanwhile, it is done once more. Does not fail. */
  run(why: string): Promise<void> {
    if (this.#running !== null) {
      this.#again = why;
      return this.#running;
    }
    this.#running = this.#all(why).finally(() => this.#running = null);
    return this.#running;
  }

  async #all(why: string): Promise<void> {
    for (let next: string | null = why; next !== null; next = this.#again) {
      this.#again = null;
      await this.#once(next);
    }
  }

  async #once(why: string): Promise<void> {
    const configuration = await this.#read(why);
    await this.#access.run(why, configuration);
    const wanted = configuration?.listeners ?? this.#listeners;
    const { server, make } = this.#with;
    const applied = await applyListeners(server, {
      wanted,
      inForce: this.#listeners,
      make,
      reload: true,
    });
    this.#listeners = applied.inForce;
    this.#with.guard.trust(applied.inForce);
    this.#tell(why, applied);
    if (configuration === null) return;
    this.#change(why, configuration);
    this.#tellRestart(why, configuration);
  }

  /** What a running server takes. */
  #change(why: string, configuration: Configuration): void {
    const changed = differences(this.#inForce, configuration).filter(reloadable);
    this.#inForce = configuration;
    if (changed.length === 0) return;
    const { server, log } = this.#with;
    const { limits, log: logValues } = configuration.values;
    const levels = logChoice(logValues ?? {});
    log.setLevels(levels);
    server.change({
      limits: Object.fromEntries(
        CHANGEABLE_LIMITS.map((name) => [name, limits?.[name] ?? defaultLimits[name]]),
      ),
      logLevel: levels.level,
      logLevels: levels.levels,
    });
    const names = changed.map((path) => `"${path}"`).join(", ");
    const detail = `${why}: ${names} ${changed.length === 1 ? "has its new value" : "have their new values"}`;
    log.events.note("config-applied", { detail });
  }

  /** Null: something is wrong with it, and nothing of it holds. */
  async #read(why: string): Promise<Configuration | null> {
    const { log, configure } = this.#with;
    try {
      const { configuration, warnings } = await configure();
      for (const warning of warnings) {
        log.events.note("config-warning", { detail: `${why}: ${formatProblem(warning)}` });
      }
      if (configuration.listeners.length > 0) return configuration;
      this.#unusable(why, "there is no listener in it");
    } catch (error) {
      const problems = error instanceof ConfigError ? error.problems.map(formatProblem) : [textOf(error)];
      for (const problem of problems) {
        this.#unusable(why, problem);
      }
    }
    return null;
  }

  #unusable(why: string, problem: string): void {
    const detail = `${why}: the configuration stays as it is: ${problem}`;
    this.#with.log.events.note("config-unusable", { detail, errorCode: "config-invalid" });
  }

  #tell(why: string, applied: AppliedListeners): void {
    const { log } = this.#with;
    const say = (text: string, listener?: string): void =>
      log.events.note(listener === undefined ? "config-applied" : "certificate-asked-for", {
        detail: `${why}: ${text}`,
        listener,
      });
    for (const { id, address } of applied.added) {
      const place = this.#with.server.listeners.find((one) => one.id === id)?.address ?? address;
      say(`listener "${id}" was opened at ${place}`);
    }
    for (const { setting, how } of applied.changed) {
      const detail = how === "reopened" ? ", and was closed for a moment" : "";
      say(`listener "${setting.id}" was changed${detail}`);
    }
    for (const { id } of applied.removed) say(`listener "${id}" was closed, its clients stay connected`);
    for (const { setting, before, error } of applied.failed) {
      const certificate = before !== null && sameSetting(before, setting);
      const what = certificate
        ? "the certificate stays as it is"
        : before === null
        ? `listener "${setting.id}" cannot be opened`
        : `listener "${setting.id}" stays as it is`;
      log.events.note("listener-unchanged", {
        detail: `${why}: ${what}: ${error.message}`,
        listener: setting.id,
        errorCode: errorCodeOf(error) ?? undefined,
      });
    }
    const certificates = applied.kept.filter(({ tls }) => tls !== undefined);
    for (const { id } of certificates) {
      say(`the certificate of listener "${id}" was read again`, id);
    }
    const { added, changed, removed, failed } = applied;
    if (certificates.length + added.length + changed.length + removed.length + failed.length > 0) return;
    if (!this.#access.hasFiles) {
      say("listeners are as they were, and there is no certificate to read again");
    }
  }

  #tellRestart(why: string, configuration: Configuration): void {
    const changed = differences(this.#started, configuration).filter((path) => !reloadable(path));
    if (changed.length === 0) return;
    const names = changed.map((path) => `"${path}"`).join(", ");
    const detail = `${why}: ${names} will have the new value after a restart`;
    this.#with.log.events.note("restart-needed", { detail });
  }
}

/** Paths of settings that are not the same. */
function differences(one: Configuration, other: Configuration): string[] {
  const before = flat(one.values);
  const after = flat(other.values);
  // (Who may connect is changed, and told, by itself.)
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) =>
    !accessSettings.includes(path) && before.get(path) !== after.get(path)
  );
}

function reloadable(path: string): boolean {
  return settingAt(path).reloadable === true;
}

/** By path, as texts that are only compared. */
function flat(value: unknown, path = "", into: Map<string, string> = new Map()): Map<string, string> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) {
      flat(inner, path === "" ? name : `${path}.${name}`, into);
    }
  } else if (value !== undefined) into.set(path, JSON.stringify(value) ?? "");
  return into;
}
