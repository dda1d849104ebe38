/**
 * Keeps clients out: by client id, user name, address or network, until a given time or for good, with a reason.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { AllowAll } from "@comqtt/comqtt/hooks/auth/allow-all";
 * import { Bans } from "@comqtt/comqtt/hooks/auth/bans";
 *
 * const bans = new Bans({ data: "data" });
 * const server = new Server();
 * server.addHook(bans);
 * server.addHook(new AllowAll());
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 *
 * await bans.add({ kind: "client", value: "pump-7", reason: "floods", until: Date.now() + 3_600_000 });
 * await bans.add({ kind: "network", value: "192.0.2.0/24" });
 * await bans.remove({ kind: "client", value: "pump-7" });
 * ```
 *
 * **Who is kept out.** A banned client id or user name is refused with 0x8A, in MQTT 3 with return code 5, before anybody asks for a password. Who
 * comes from a banned address is not heard at all: the connection is closed before a byte was read or a TLS handshake made. A ban that is set
 * while they are connected ends their connections, with 0x87 and the reason string "Banned" because DISCONNECT has no 0x8A; their sessions stay, their wills are published. A ban that abuse has brought about
 * (`hooks/auth/abuse`) leaves those connected who have been let in.
 *
 * **Add it first**, before hooks that let somebody in: they are asked in order.
 *
 * **What is kept.** With `data`, bans are in the table `bans` of the database `access.db` in that directory, which one process at a time may have
 * open; without it they end with the process. Bans whose time is over go by themselves.
 *
 * @module
 */

import { errorCodeOf } from "../../src/core/codes.ts";
import { textOf } from "../../src/core/error_text.ts";
import { CodedError } from "../../src/core/errors.ts";
import { checkOptions, checkText, type Shape } from "../../src/core/misuse.ts";
import type {
  Client,
  ConnectingClient,
  Explained,
  ExplainedAction,
  Hook,
  HookHost,
} from "../../src/hook/hook.ts";
import { type Reason, Reasons } from "../../src/packets/reason.ts";
import { Networks } from "../../src/runtime/networks.ts";
import type { Ban, BanName, BanRequest } from "./bans/ban.ts";
import type { Who } from "./bans/ban_set.ts";
import { concerned } from "./bans/concerned.ts";
import { explainBan } from "./bans/explain.ts";
import { type BanAccess, BanBook, type BanChange, type BanPage } from "./bans/book.ts";

export type { Ban, BanKind, BanName, BanRequest } from "./bans/ban.ts";
export type { Who } from "./bans/ban_set.ts";
export type { BanAccess, BanChange, BanPage } from "./bans/book.ts";

/** Where bans are kept, and whom none concerns. */
export interface BansOptions {
  /** The directory of `access.db`, made when there is none. Default: they end with the process. */
  readonly data?: string;
  /** Names the hook in logs; default `bans`. */
  readonly id?: string;
  /**
   * Addresses and networks of proxies that say where clients are: a ban of their own address, or a network around it, keeps nobody out, and
   * abuse does not ban them. `unix` is whoever comes over a Unix socket. Default: none.
   */
  readonly proxies?: readonly string[];
}

const shape: Shape<BansOptions> = { data: "string", id: "string", proxies: "list" };
/** How often is looked for what is over. */
const TICK_MS = 1000;

/** Bans, in force and to be changed while servers run. One may belong to several servers of a program. */
export class Bans implements Hook, BanAccess {
  /** `bans`, if the options do not say otherwise. */
  readonly id: string;
  readonly #data: string | null;
  readonly #hosts: Set<HookHost> = new Set();
  /** Clients that were let in, and those that are answered already. */
  readonly #letIn: WeakSet<Client> = new WeakSet();
  #proxies: Networks;
  #book: BanBook | null;
  #stop: (() => void) | null = null;
  #opening: Promise<void> | null = null;
  #started = 0;
  #now: () => number = Date.now;
  #complained = false;

  /** Opens nothing yet. Throws a TypeError or RangeError for options that are none. */
  constructor(options: BansOptions = {}) {
    checkOptions("new Bans", options, shape);
    const { data, id = "bans", proxies = [] } = options;
    if (data !== undefined) checkText("Cannot use the data of new Bans", data);
    this.id = id;
    this.#data = data ?? null;
    this.#proxies = new Networks(proxies);
    this.#book = data === undefined ? this.#begin(new BanBook(null, () => this.#now())) : null;
  }

  /** Called by the server: opens the database. Rejects with a `StorageError`. */
  async init(host: HookHost): Promise<void> {
    if (this.#started++ === 0) {
      this.#now = () => host.clock.now();
      this.#opening = this.#open();
    }
    try {
      await this.#opening;
    } catch (error) {
      this.#started--;
      throw error;
    }
    this.#stop ??= host.clock.every(TICK_MS, () => this.#tick());
    this.#hosts.add(host);
    this.#count();
  }

  /** Called by the server. The last one closes the database. */
  onStopped(): void {
    if (--this.#started > 0) return;
    this.#stop?.();
    this.#stop = null;
    this.#hosts.clear();
    if (this.#data === null) return;
    const book = this.#book;
    this.#book = null;
    book?.close();
  }

  /** Of other proxies from now on. Throws a RangeError for what is no network. */
  trust(proxies: readonly string[]): void {
    this.#proxies = new Networks(proxies);
  }

  /** It is a proxy's own address: no ban concerns it. */
  isProxy(address: string): boolean {
    return this.#proxies.includes(address);
  }

  /** Called by the server: nothing of a banned address is heard. */
  onAccept(address: string): "refuse" | void {
    const book = this.#book;
    if (book === null || !book.hasPlaces) return;
    if (book.findPlace(address) !== null && !this.isProxy(address)) return "refuse";
  }

  /** Called by the server: a banned client is told so. */
  onConnect(client: ConnectingClient): Reason | void {
    return this.refusal(client);
  }

  /** Called by the server: hooks may have made another client of it since. */
  onSessionEstablished(client: Client): void {
    this.#letIn.add(client);
    if (this.refusal(client) !== undefined) this.#end((one) => one === client);
  }

  /** Says which ban keeps a client out, why and until when. */
  onExplain(client: Client, action: ExplainedAction): Explained | void {
    return action === "connect" ? explainBan(this.#of(client)) : undefined;
  }

  /** Why it may not connect; undefined: it may, as far as bans are concerned. */
  refusal(client: Client): Reason | undefined {
    const book = this.#book;
    return book === null || book.size === 0 || this.#of(client) === null ? undefined : Reasons.banned;
  }

  /** In the order of kind and value. Throws an Error as long as no server has opened the database. */
  list(page?: BanPage): Ban[] {
    return this.#opened.list(page);
  }

  /** The one with that name; null: there is none. Throws as `list`, and a TypeError or RangeError for what is no name. */
  get(name: BanName): Ban | null {
    return this.#opened.get(name);
  }

  /** The one that keeps somebody out; null: none does. Throws as `list`. */
  find(who: Who): Ban | null {
    return this.#opened.find(who);
  }

  /**
   * Sets a ban, in the place of the one with the same kind and value, and ends the connections of those it concerns. On the disk when
   * it is settled. Rejects with a TypeError or RangeError for what cannot be banned, and with a `StorageError` when it cannot be written: then
   * it does not hold.
   */
  async add(request: BanRequest): Promise<Ban> {
    return await this.#opened.add(request);
  }

  /** Removes a ban; on the disk when it is settled. False: there was none. Rejects as `add`. */
  async remove(name: BanName): Promise<boolean> {
    return await this.#opened.remove(name);
  }

  /**
   * Bans for too many failed logins: holds at once, is kept a moment later, and leaves those connected who were let in. `last`: whose login
   * has failed last, and is told that and no more.
   */
  addForAbuse(request: BanRequest, last: Client): Ban {
    this.#letIn.add(last);
    return this.#opened.addForAbuse(request);
  }

  /** Is told of each change from now on, its own ones included; the result ends that. What it throws is the caller's who changed it. */
  listen(told: (change: BanChange) => void): () => void {
    return this.#opened.listen(told);
  }

  get #opened(): BanBook {
    if (this.#book !== null) return this.#book;
    throw new CodedError(
      "storage-not-open",
      "Cannot use the bans: they are not read yet, no server with them is running",
    );
  }

  async #open(): Promise<void> {
    if (this.#data === null) return;
    const { BanTable } = await import("./bans/table.ts");
    const table = new BanTable(this.#data);
    try {
      this.#book = this.#begin(new BanBook(table, () => this.#now()));
    } catch (error) {
      table.close();
      throw error;
    }
  }

  #begin(book: BanBook): BanBook {
    book.listen(({ change, ban }) => {
      this.#count();
      if (change !== "added") return;
      const concerns = concerned(ban, (address) => this.isProxy(address));
      const spares = ban.origin === "abuse";
      this.#end((client) => concerns(client) && !(spares && this.#letIn.has(client)));
    });
    return book;
  }

  #of({ id, username, remoteAddress }: Client): Ban | null {
    const book = this.#book;
    if (book === null) return null;
    const address = book.hasPlaces && !this.isProxy(remoteAddress) ? remoteAddress : undefined;
    return book.find(
      address === undefined ? { clientId: id, username } : { clientId: id, username, address },
    );
  }

  #end(which: (client: Client) => boolean): void {
    for (const host of this.#hosts) host.disconnect(which, Reasons.banned);
  }

  #count(): void {
    for (const { stats } of this.#hosts) stats.bans = this.#book?.size ?? 0;
  }

  /** Bans of abuse that cannot be written hold all the same. */
  #tick(): void {
    try {
      this.#book?.tick();
      this.#complained = false;
    } catch (error) {
      if (this.#complained) return;
      this.#complained = true;
      const text = `Bans hold, but are not kept: ${textOf(error)}`;
      for (const host of this.#hosts) host.log("error", text, errorCodeOf(error));
    }
  }
}
