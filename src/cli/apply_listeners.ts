/** Makes the listeners of a running server those that a configuration asks for. */

import type { ListenerSetting } from "../config/configuration.ts";
import type { Listener } from "../listeners/listener.ts";
import { ListenerError } from "../listeners/listener_error.ts";
import { placeOf } from "../listeners/place.ts";
import { toError } from "../runtime/tcp/guard.ts";
import type { Replaced } from "../server/listener_changes.ts";
import type { Server } from "../server/server.ts";

export interface WantedListeners {
  readonly wanted: readonly ListenerSetting[];
  /** Those the server has now: what it was started with, or `inForce` of the call before. */
  readonly inForce: readonly ListenerSetting[];
  /** What it throws, or fails with, is a failure of that one. */
  readonly make: (setting: ListenerSetting) => Listener | Promise<Listener>;
  /** Read the certificates of those that stay as they are again. */
  readonly reload?: boolean;
  /** End the connections of those that are removed. Default false. */
  readonly closeClients?: boolean;
}

export interface ChangedListener {
  readonly setting: ListenerSetting;
  readonly before: ListenerSetting;
  /** `moved` was open at its new address first; `reopened` was closed for a moment. */
  readonly how: Replaced;
}

export interface FailedListener {
  readonly setting: ListenerSetting;
  /** What goes on instead; null: nothing does. */
  readonly before: ListenerSetting | null;
  readonly error: Error;
}

export interface AppliedListeners {
  readonly added: readonly ListenerSetting[];
  readonly changed: readonly ChangedListener[];
  readonly removed: readonly ListenerSetting[];
  /** They are as they were. */
  readonly kept: readonly ListenerSetting[];
  readonly failed: readonly FailedListener[];
  /** What the server has now. */
  readonly inForce: readonly ListenerSetting[];
}

/**
 * Each by its id; one that has only another id goes on where it listens. What cannot be done leaves what there was, and the
 * others go on. Does not fail. One call at a time.
 */
export async function applyListeners(server: Server, options: WantedListeners): Promise<AppliedListeners> {
  return await new Change(server, options).run();
}

/** Something that is to be there, and what it takes the place of. */
interface Job {
  readonly setting: ListenerSetting;
  before: ListenerSetting | null;
  /** It was removed to make room, and comes back if this fails. */
  displaced: ListenerSetting | null;
  error: Error | null;
}

class Change {
  readonly #server: Server;
  readonly #options: WantedListeners;
  readonly #now: Map<string, ListenerSetting>;
  readonly #added: ListenerSetting[] = [];
  readonly #changed: ChangedListener[] = [];
  readonly #removed: ListenerSetting[] = [];
  readonly #kept: ListenerSetting[] = [];
  readonly #failed: FailedListener[] = [];

  constructor(server: Server, options: WantedListeners) {
    this.#server = server;
    this.#options = options;
    this.#now = new Map(options.inForce.map((setting) => [setting.id, setting]));
  }

  async run(): Promise<AppliedListeners> {
    const jobs = this.#jobs();
    const used = new Set(jobs.map(({ before }) => before?.id));
    const wanted = new Set(this.#options.wanted.map(({ id }) => id));
    for (const setting of this.#options.inForce) {
      if (!wanted.has(setting.id) && !used.has(setting.id)) await this.#remove(setting);
    }
    await this.#work(jobs);
    const order = [...wanted, ...this.#now.keys()];
    const inForce = [...this.#now.values()].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
    return {
      added: this.#added,
      changed: this.#changed,
      removed: this.#removed,
      kept: this.#kept,
      failed: this.#failed,
      inForce,
    };
  }

  #jobs(): Job[] {
    const { wanted, inForce } = this.#options;
    const ids = new Set(wanted.map(({ id }) => id));
    const leaving = inForce.filter(({ id }) => !ids.has(id));
    return wanted.map((setting) => {
      const renamed = leaving.findIndex((one) => samePlace(one, setting));
      const before = this.#now.get(setting.id) ?? (renamed < 0 ? null : leaving.splice(renamed, 1)[0]!);
      return { setting, before, displaced: null, error: null };
    });
  }

  /** As long as one of them succeeds others may, because an address has become free. */
  async #work(jobs: readonly Job[]): Promise<void> {
    let open = [...jobs];
    for (let progress = true; progress && open.length > 0;) {
      progress = false;
      const left: Job[] = [];
      for (const job of open) {
        if (this.#blocked(job, open) || !await this.#try(job)) left.push(job);
        else progress = true;
      }
      open = left;
      // Two that want each other's addresses: one has to go first.
      const stuck = progress
        ? undefined
        : open.find((job) => job.before !== null && this.#blocked(job, open));
      if (stuck === undefined) continue;
      progress = await this.#displace(stuck);
    }
    for (const job of open) await this.#fail(job);
  }

  async #displace(job: Job): Promise<boolean> {
    const { id } = job.before!;
    try {
      await this.#server.removeListener(id);
    } catch (thrown) {
      job.error = toError(thrown);
      return false;
    }
    job.displaced = job.before;
    job.before = null;
    this.#now.delete(id);
    return true;
  }

  /** Another one that is to go elsewhere is still where this one is to be. */
  #blocked(job: Job, open: readonly Job[]): boolean {
    return open.some((other) =>
      other !== job && other.before !== null && samePlace(other.before, job.setting)
    );
  }

  async #try(job: Job): Promise<boolean> {
    const { setting, before } = job;
    try {
      if (before !== null && sameSetting(before, setting)) await this.#keep(setting);
      else await this.#put(job);
      this.#now.delete(before?.id ?? setting.id);
      this.#now.set(setting.id, setting);
      return true;
    } catch (thrown) {
      job.error = toError(thrown);
      return false;
    }
  }

  async #put({ setting, before, displaced }: Job): Promise<void> {
    const listener = await this.#options.make(setting);
    if (before !== null) {
      const how = await this.#server.replaceListener(before.id, listener);
      this.#changed.push({ setting, before, how });
      return;
    }
    await this.#server.addListener(listener);
    if (displaced === null) this.#added.push(setting);
    else this.#changed.push({ setting, before: displaced, how: "reopened" });
  }

  async #keep(setting: ListenerSetting): Promise<void> {
    if (this.#options.reload === true && setting.tls !== undefined) {
      await this.#server.listeners.find(({ id }) => id === setting.id)?.reload?.();
    }
    this.#kept.push(setting);
  }

  async #remove(setting: ListenerSetting): Promise<void> {
    const { closeClients = false } = this.#options;
    try {
      await this.#server.removeListener(setting.id, { closeClients });
      this.#now.delete(setting.id);
      this.#removed.push(setting);
    } catch (thrown) {
      this.#failed.push({ setting, before: setting, error: toError(thrown) });
    }
  }

  async #fail({ setting, before, displaced, error }: Job): Promise<void> {
    const why = error ??
      new ListenerError(`Cannot open listener "${setting.id}": its address is taken`, {
        code: "address-in-use",
      });
    let instead = before;
    if (displaced !== null) {
      try {
        await this.#server.addListener(await this.#options.make(displaced));
        this.#now.set(displaced.id, displaced);
        instead = displaced;
      } catch {
        // (Somebody else has its address now; that nothing is there any more is said.)
      }
    }
    this.#failed.push({ setting, before: instead, error: why });
  }
}

/** Where it was said does not matter. */
export function sameSetting(one: ListenerSetting, other: ListenerSetting): boolean {
  return written({ ...one, origin: "" }) === written({ ...other, origin: "" });
}

/** The same text for the same, in whichever order it was said. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  const entries = Object.entries(value).filter(([, one]) => one !== undefined).sort(([a], [b]) =>
    a < b ? -1 : 1
  );
  return `{${entries.map(([name, one]) => `${JSON.stringify(name)}:${written(one)}`).join()}}`;
}

function samePlace(one: ListenerSetting, other: ListenerSetting): boolean {
  const place = placeOf(one);
  return place !== null && place === placeOf(other);
}
