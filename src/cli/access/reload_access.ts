/**
 * SIGHUP, or a file that has changed, for who may connect and what clients may do: files are read again, and another list of back ends or
 * rules takes the place of the one before, all of it at once.
 */

import type { AccessSetting } from "../../config/access/choice.ts";
import type { Configuration } from "../../config/configuration.ts";
import { errorCodeOf } from "../../core/codes.ts";
import { textOf } from "../../core/error_text.ts";
import type { EventLog } from "../../core/event_log.ts";
import { formatProblem } from "../../core/problem.ts";
import { isOfProgram } from "../../hook/client.ts";
import { Reasons } from "../../packets/reason.ts";
import type { Server } from "../../server/server.ts";
import { accessOf } from "../access.ts";
import type { AccessSurroundings, Chain } from "./chain.ts";
import { problemsOf } from "./problems.ts";
import { accessFound } from "./setting.ts";

export interface ReloadingAccess {
  readonly server: Server;
  readonly log: { readonly events: EventLog };
  readonly chain: Chain;
  /** What it was made of. */
  readonly setting: AccessSetting;
  readonly around: AccessSurroundings;
}

export class ReloadAccess {
  readonly #with: ReloadingAccess;
  #chain: Chain;
  #setting: AccessSetting;

  constructor(reloading: ReloadingAccess) {
    this.#with = reloading;
    this.#chain = reloading.chain;
    this.#setting = reloading.setting;
  }

  /** There is something to read again. */
  get hasFiles(): boolean {
    return this.#chain.links.some(({ reload }) => reload !== undefined);
  }

  /** `configuration`: null: something is wrong with it, and only files are read again. Does not fail. */
  async run(why: string, configuration: Configuration | null): Promise<void> {
    await this.#files(why);
    if (configuration === null) return;
    try {
      const { setting, remark } = await accessFound(configuration);
      // (Places are part of it: a rule that has moved is told at its new one.)
      if (JSON.stringify(setting) === JSON.stringify(this.#setting)) return;
      if (remark !== null) this.#with.log.events.note("who-can-connect", { detail: `${why}: ${remark}` });
      await this.#change(why, setting);
    } catch (error) {
      this.#unusable(why, textOf(error).replaceAll("\n", "; "), error);
    }
  }

  async #files(why: string): Promise<void> {
    const { events } = this.#with.log;
    for (const { reload, describe } of this.#chain.links) {
      if (reload === undefined) continue;
      try {
        await reload();
        events.note("users-reloaded", { detail: `${why}: ${describe?.() ?? "read again"}` });
      } catch (error) {
        this.#unusable(why, textOf(error).replaceAll("\n", "; "), error);
      }
    }
  }

  #unusable(why: string, text: string, error: unknown): void {
    const detail = `${why}: the users stay as they are: ${text}`;
    const errorCode = errorCodeOf(error) ?? undefined;
    this.#with.log.events.note("users-unusable", { detail, errorCode });
  }

  async #change(why: string, wanted: AccessSetting): Promise<void> {
    const { server, around, log } = this.#with;
    const quiet = withoutPlaces(wanted) === withoutPlaces(this.#setting);
    const problems = await problemsOf(wanted, around.parts);
    for (const problem of problems) {
      const detail = `${why}: who may connect stays as it is: ${formatProblem(problem)}`;
      log.events.note("users-unusable", { detail, errorCode: "config-invalid" });
    }
    if (problems.length > 0) return;
    try {
      const chain = await accessOf(wanted, around, this.#chain);
      await server.replaceHooks(this.#chain.hooks, chain.hooks);
      this.#chain = chain;
      this.#setting = wanted;
    } catch (error) {
      // (A file may have changed since it was looked at.)
      this.#unusable(why, textOf(error).replaceAll("\n", "; "), error);
      return;
    }
    const ended = this.#endUnknown();
    if (quiet) return;
    const clients = `${ended} ${ended === 1 ? "client was" : "clients were"} disconnected`;
    const detail = `${why}: who may connect and what clients may do was changed${
      ended === 0 ? "" : `, ${clients}`
    }`;
    log.events.note("config-applied", { detail });
  }

  /** Connections of those whom nobody knows any more; their sessions stay. */
  #endUnknown(): number {
    const { server } = this.#with;
    const gone = [...server.clients].filter((client) => !isOfProgram(client) && !this.#chain.mayStay(client));
    for (const { id } of gone) server.disconnectClient(id, Reasons.notAuthorized);
    return gone.length;
  }
}

/** To tell whether anything but lines has changed. */
function withoutPlaces(setting: AccessSetting): string {
  return JSON.stringify(
    setting,
    (key, value) => key === "where" || key === "anonymousWhere" ? undefined : value,
  );
}
