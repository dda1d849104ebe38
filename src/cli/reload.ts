/** SIGHUP, or a file that has changed: the configuration is read again, looked at as a whole, and then made so. */

import { errorCodeOf } from "../core/codes.ts";
import { textOf } from "../core/error_text.ts";
import type { EventLog } from "../core/event_log.ts";
import { ConfigError, formatProblem } from "../core/problem.ts";
import type { Configuration, ListenerSetting } from "../config/configuration.ts";
import type { Listener } from "../listeners/listener.ts";
import type { Server } from "../server/server.ts";
import { type AppliedListeners, applyListeners, sameSetting } from "./apply_listeners.ts";
import type { Access } from "./access.ts";
import type { Guard } from "./guard.ts";
import type { Configured } from "./configure.ts";

export interface Reloading {
  readonly server: Server;
  readonly log: { readonly events: EventLog };
  /** Reads everything again. Throws a `ConfigError`. */
  readonly configure: () => Promise<Configured>;
  readonly make: (setting: ListenerSetting) => Promise<Listener>;
  readonly access: Access;
  readonly guard: Guard;
}

export class Reload {
  readonly #with: Reloading;
  /** What the program was started with: what of it differs now needs a restart. */
  readonly #started: Configuration;
  #listeners: readonly ListenerSetting[];
  #running: Promise<void> | null = null;
  #again: string | null = null;

  constructor(reloading: Reloading, started: Configuration) {
    this.#with = reloading;
    this.#started = started;
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
    await this.#users(why);
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
    if (configuration !== null) this.#tellRestart(why, configuration);
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

  async #users(why: string): Promise<void> {
    const { access, log } = this.#with;
    if (access.reload === null) return;
    try {
      log.events.note("users-reloaded", { detail: `${why}: ${await access.reload()}` });
    } catch (error) {
      const text = textOf(error).replaceAll("\n", "; ");
      const detail = `${why}: the users stay as they are: ${text}`;
      log.events.note("users-unusable", { detail, errorCode: errorCodeOf(error) ?? undefined });
    }
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
    if (this.#with.access.reload === null) {
      say("listeners are as they were, and there is no certificate to read again");
    }
  }

  #tellRestart(why: string, configuration: Configuration): void {
    const before = flat(this.#started.values);
    const after = flat(configuration.values);
    const paths = new Set([...before.keys(), ...after.keys()]);
    const changed = [...paths].filter((path) => before.get(path) !== after.get(path));
    if (changed.length === 0) return;
    const names = changed.map((path) => `"${path}"`).join(", ");
    const detail = `${why}: ${names} will have the new value after a restart`;
    this.#with.log.events.note("restart-needed", { detail });
  }
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
