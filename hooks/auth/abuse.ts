/**
 * Slows down those who guess passwords, and clients that come back again and again.
 *
 * ```ts
 * import { Server } from "@comqtt/comqtt";
 * import { Abuse } from "@comqtt/comqtt/hooks/auth/abuse";
 * import { Bans } from "@comqtt/comqtt/hooks/auth/bans";
 * import { Users } from "@comqtt/comqtt/hooks/auth/users";
 *
 * const bans = new Bans();
 * const server = new Server();
 * server.addHook(bans);
 * server.addHook(new Abuse({ bans }));
 * server.addHook(new Users({ file: "users" }));
 * ```
 *
 * **Failed logins** are counted by address (IPv6: by the 64-bit prefix): 20 in five minutes, and it is banned for ten. Whoever is let in stays
 * connected. Addresses of this machine are never banned, nor those of proxies that the bans know, nor who comes over a Unix socket.
 *
 * **User names** are never banned, or anybody could lock anybody out: after three failed logins each further one with that name has to wait, at
 * first a quarter of a second, then twice as long each time, at most four seconds. From an address from which the user has come in before
 * nobody waits, unless it is this machine's own.
 *
 * **Client ids** that clients take over from each other again and again (three times in a minute), or with which somebody comes back again and
 * again without having said DISCONNECT (ten times in a minute), have to wait in the same way.
 *
 * Waiting is done before anybody is asked for a password and before CONNACK. All of it is forgotten by itself, the ban can be removed as any
 * other, and what is remembered of strangers has a bound: 10,000 addresses, user names and client ids.
 *
 * @module
 */

import { CodedError } from "../../src/core/errors.ts";
import type { Client, Credentials, Explained, ExplainedAction, Hook, HookHost } from "../../src/hook/hook.ts";
import { checkOptions, type Shape } from "../../src/core/misuse.ts";
import { type Reason, Reasons } from "../../src/packets/reason.ts";
import { addressGroup, isRemote } from "../../src/runtime/address.ts";
import type { MaybePromise } from "../../src/core/maybe_promise.ts";
import { Failures } from "./abuse/failures.ts";
import { Growth } from "./abuse/growth.ts";
import { type AbuseLimits, abuseLimitsOf } from "./abuse/options.ts";
import { Recent } from "./abuse/recent.ts";
import { shortKey } from "./abuse/short_key.ts";
import { type DelayCause, Summary } from "./abuse/summary.ts";
import { Waiting } from "./abuse/waiting.ts";
import type { Bans } from "./bans.ts";

export { type AbuseLimits, abuseRanges, defaultAbuseLimits } from "./abuse/options.ts";

/** What is done, and where bans go. */
export interface AbuseOptions {
  /** Where addresses are banned. Without it none is. */
  readonly bans?: Bans;
  /** Names the hook in logs; default `abuse`. */
  readonly id?: string;
  /** What is left out is as in {@link defaultAbuseLimits}. */
  readonly limits?: Partial<AbuseLimits>;
}

const shape: Shape<AbuseOptions> = { bans: "object", id: "string", limits: "object" };
const MINUTE = 60_000;
/** A connection that ends sooner is one of a client that only comes back again. */
const SHORT = 10_000;
/** Users with the addresses from which they have come in. */
const KNOWN = 20_000;
/** The summary of the log is looked at. */
const TICK_MS = 1000;

/** Add it after {@link Bans} and before hooks that ask for passwords. It lets nobody in, and belongs to one server. */
export class Abuse implements Hook {
  /** `abuse`, if the options do not say otherwise. */
  readonly id: string;
  readonly #bans: Bans | null;
  readonly #limits: AbuseLimits;
  readonly #failures: Failures;
  readonly #users: Growth;
  readonly #takeOvers: Growth;
  readonly #reconnects: Growth;
  readonly #known: Recent<true> = new Recent(KNOWN);
  /** When they were let in. */
  readonly #since: WeakMap<Client, number> = new WeakMap();
  readonly #summary: Summary;
  #host: HookHost | null = null;
  #waiting: Waiting | null = null;
  #stop: (() => void) | null = null;

  /** Throws a TypeError or RangeError for options that are none. */
  constructor(options: AbuseOptions = {}) {
    checkOptions("new Abuse", options, shape);
    const { bans = null, id = "abuse", limits = {} } = options;
    this.id = id;
    this.#bans = bans;
    const all = this.#limits = abuseLimitsOf(limits);
    const longest = all.delay;
    this.#failures = new Failures(all.failedLogins, all.failedLoginTime);
    this.#users = new Growth({ threshold: all.userFailures, time: all.failedLoginTime, longest });
    this.#takeOvers = new Growth({ threshold: all.takeOvers, time: MINUTE, longest });
    this.#reconnects = new Growth({ threshold: all.reconnects, time: MINUTE, longest });
    this.#summary = new Summary((text) => this.#host?.log("warn", text));
  }

  /** Called by the server. Throws when another server has it: what is counted belongs to one. */
  init(host: HookHost): void {
    if (this.#host !== null) {
      throw new CodedError("hook-exists", "a hook against abuse belongs to one server, give each its own");
    }
    this.#host = host;
    this.#waiting = new Waiting(this.#limits.waiting, host.clock);
    this.#stop = host.clock.every(TICK_MS, () => this.#summary.tick(this.#now));
  }

  /** Called by the server. */
  onStopped(): void {
    this.#stop?.();
    this.#waiting?.end();
    this.#host = null;
  }

  /** Called by the server: whoever has to wait does. */
  onConnect(client: Client): MaybePromise<Reason | void> {
    const { delay, cause } = this.#delayOf(client);
    if (delay === 0 || this.#host === null) return;
    const { stats } = this.#host;
    const waited = this.#waiting!.wait(delay, client.remoteAddress);
    if (waited === null) {
      this.#summary.refused(this.#now);
      return Reasons.connectionRateExceeded;
    }
    stats.connectsDelayed++;
    stats.connectsDelaying = this.#waiting!.size;
    this.#summary.delayed(cause, cause === "user" ? client.username : client.id, this.#now);
    return waited.then(() => {
      stats.connectsDelaying = this.#waiting!.size;
      // (It may have been banned meanwhile.)
      return this.#bans?.refusal(client);
    });
  }

  /** Called by the server: one failed login more, of somebody who has shown something to be known by. */
  onAuthenticationFailed(client: Client, { username, password }: Credentials, reason: Reason): void {
    if (!isFailure(reason) || this.#host === null) return;
    const shown = username !== null || password !== null ||
      client.properties.authenticationMethod !== undefined;
    if (!shown) return;
    this.#host.stats.failedLogins++;
    const now = this.#now;
    if (client.username !== "") this.#users.add(shortKey(client.username), now);
    this.#countAddress(client, now);
  }

  /** Called by the server. */
  onSessionEstablished(client: Client): void {
    this.#since.set(client, this.#now);
    if (client.username !== "" && isRemote(client.remoteAddress)) this.#known.set(knownKey(client), true);
  }

  /** Called by the server. */
  onTakeOver(client: Client): void {
    this.#takeOvers.add(shortKey(client.id), this.#now);
  }

  /** Called by the server. (What we ended ourselves is no fault of the client.) */
  onDisconnect(client: Client, reason: Reason | null): void {
    const since = this.#since.get(client);
    if (reason === null || since === undefined || ownReasons.has(reason)) return;
    if (this.#now - since < SHORT) this.#reconnects.add(shortKey(client.id), this.#now);
  }

  /** Says whether a client that comes now has to wait, and why. */
  onExplain(client: Client, action: ExplainedAction): Explained | void {
    if (action !== "connect") return;
    const { delay, cause } = this.#delayOf(client);
    if (delay === 0 || this.#host === null) return { detail: "it does not have to wait" };
    const wait = `it has to wait ${delay} ms, ${causes[cause]}`;
    const full = !this.#waiting!.hasPlace(client.remoteAddress);
    if (!full) return { detail: wait };
    const detail = `${wait}, and too many wait already`;
    return { answer: "deny", reason: Reasons.connectionRateExceeded, detail };
  }

  get #now(): number {
    return this.#host?.clock.monotonic() ?? 0;
  }

  /** The longest that one of the reasons makes it wait. */
  #delayOf(client: Client): { readonly delay: number; readonly cause: DelayCause } {
    const now = this.#now;
    let delay = 0;
    let cause: DelayCause = "user";
    if (this.#users.size > 0 && client.username !== "") {
      const own = this.#users.delay(shortKey(client.username), now);
      if (own > 0 && this.#known.get(knownKey(client)) === undefined) delay = own;
    }
    const id = shortKey(client.id);
    const takeOver = this.#takeOvers.delay(id, now);
    if (takeOver > delay) [delay, cause] = [takeOver, "takeOver"];
    const reconnect = this.#reconnects.delay(id, now);
    if (reconnect > delay) [delay, cause] = [reconnect, "reconnect"];
    return { delay, cause };
  }

  #countAddress(client: Client, now: number): void {
    const bans = this.#bans;
    const { remoteAddress: address } = client;
    const { failedLogins, banTime } = this.#limits;
    if (bans === null || failedLogins === 0 || !isRemote(address) || bans.isProxy(address)) return;
    const group = addressGroup(address);
    const took = this.#failures.add(group, now);
    if (took === null) return;
    const host = this.#host!;
    const network = group.includes("/");
    const times = `${failedLogins} failed logins in ${Math.max(1, Math.round(took / 1000))} s`;
    const { kind, value } = bans.addForAbuse({
      kind: network ? "network" : "address",
      value: group,
      reason: times,
      until: host.clock.now() + banTime,
    }, client);
    host.stats.addressesBanned++;
    this.#summary.banned(`the ${kind} ${value} is banned for ${banTime / 1000} s after ${times}`, now);
  }
}

const causes: Readonly<Record<DelayCause, string>> = {
  user: "there were too many failed logins with its user name",
  takeOver: "its client id is taken over again and again",
  reconnect: "it comes back again and again",
};

/** Ends that are not the client's doing. */
const ownReasons: ReadonlySet<Reason> = new Set([
  Reasons.sessionTakenOver,
  Reasons.serverShuttingDown,
  Reasons.administrativeAction,
  Reasons.banned,
  Reasons.serverBusy,
]);

/** It is not somebody who is told to come back. */
function isFailure(reason: Reason): boolean {
  return reason === Reasons.badUserNameOrPassword || reason === Reasons.notAuthorized;
}

function knownKey({ username, remoteAddress }: Client): string {
  return `${shortKey(username)}\n${addressGroup(remoteAddress)}`;
}
