/**
 * Users, roles and rules in a database, changed while the server runs.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { StoredUsers } from "@comqtt/comqtt/hooks/auth/access-store";
 *
 * const users = new StoredUsers({ directory: "data" });
 * const server = new Server();
 * server.addHook(users);
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * await users.store.putRole("sensors", { rules: [{ access: "write", filter: "sensors/%u/#" }] });
 * await users.store.putUser("thermometer", { roles: ["sensors"] });
 * await users.store.setPassword("thermometer", "a long secret");
 * ```
 *
 * **Who may connect.** A user of the store with the right password is let in; one with a wrong password or none, or who is
 * disabled, is refused, whatever hooks come after this one. Of everyone else it has no opinion.
 *
 * **Topics.** Of those it has let in, and of sessions of an earlier run under the name of one of its users, it has an opinion
 * when one of their rules is about the topic: the user's own come first, then those of the roles in the order in which the user
 * has them. The first that matches decides, or, when the store is told so, the one with the longest filter (of those as long one
 * that denies). When none matches, the next hook is asked. A superuser may do everything.
 *
 * **Changes** are committed before they hold. Who was removed or disabled, or has another password, is disconnected with 0x87
 * (MQTT 3: the connection ends); the session stays, and so does what a disabled user may receive. Another right holds for the
 * next publish and the next delivery, of what waits for a client too; the connection stays.
 *
 * @module
 */

import { checkOptions, type Shape } from "../../src/core/misuse.ts";
import { CodedError, CodedTypeError } from "../../src/core/errors.ts";
import { isPromise, type MaybePromise } from "../../src/core/maybe_promise.ts";
import { quote } from "../../src/core/problem.ts";
import type {
  Action,
  Client,
  ConnectOpinion,
  Credentials,
  Explained,
  ExplainedAction,
  HookHost,
  Opinion,
} from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import type { BackEnd } from "./frame/back_end.ts";
import { LetIn } from "./frame/let_in.ts";
import { type Checked, passwordChecks } from "./passwords/checks.ts";
import type { PasswordHash } from "./passwords/hash.ts";
import { parseHash } from "./passwords/parse.ts";
import { NOT_LET_IN } from "./rules/explain.ts";
import type { RuleDecision } from "./rules/types.ts";
import { consequencesOf } from "./store/consequences.ts";
import { explainLogin, explainTopic } from "./store/explain.ts";
import { Admitted } from "./store/let_in.ts";
import { LocalAccessStore } from "./store/local_store.ts";
import { Present } from "./store/present.ts";
import type { Account } from "./store/records.ts";
import { Rights } from "./store/rights.ts";
import type { AccessChange, AccessStore } from "./store/types.ts";

export type { HashKind, PasswordHash } from "./passwords/hash.ts";
export type * from "./store/types.ts";

/** Where the users are. */
export interface StoredUsersOptions {
  /**
   * A directory; the database in it is `access.db`, and both are made when they are not there. One process at a time has it
   * open. Left out: the users are in memory, and gone with the process.
   */
  readonly directory?: string;
  /** Names the hook in logs; default `access-store`. */
  readonly id?: string;
}

const shape: Shape<StoredUsersOptions> = { directory: "string", id: "string" };

/** Among so many users a slow hash is looked for. */
const DECOYS = 1000;

/** All that is in use while the store is open. */
interface Open {
  readonly store: LocalAccessStore;
  readonly rights: Rights;
  /** Ends being told of changes. */
  readonly unlisten: () => void;
}

/**
 * Users with their passwords, roles and rules, in SQLite. Several servers may have the same one.
 *
 * Passwords are checked off the event loop, by all hooks together as many at a time as there are processors but one; up to
 * 1,000 more wait for at most four seconds, and beyond that clients are told that the server is busy (0x89, in 3.x 3).
 */
export class StoredUsers implements BackEnd {
  /** `access-store`, if the options do not say otherwise. */
  readonly id: string;
  /** Nobody is let in without a password. */
  readonly requiresCredentials: boolean = true;
  /** Whom it has let in. */
  readonly letIn: LetIn = new LetIn(({ username }) => this.#open?.store.account(username) !== undefined);
  readonly #directory: string | null;
  readonly #hosts: Set<HookHost> = new Set();
  readonly #admitted: Admitted = new Admitted();
  readonly #present: Present = new Present();
  #open: Open | null = null;
  #started = 0;
  /** Undefined: it is to be looked for. */
  #decoy: PasswordHash | null | undefined = undefined;
  #complained = -Infinity;

  /** Opens nothing yet. Throws a TypeError for options that are none. */
  constructor(options: StoredUsersOptions = {}) {
    checkOptions("new StoredUsers", options, shape);
    const { directory, id = "access-store" } = options;
    if (directory === "") {
      throw new CodedTypeError(
        "argument-invalid",
        'Cannot use "" as the directory of new StoredUsers: it is empty',
      );
    }
    this.id = id;
    this.#directory = directory ?? null;
  }

  /** Users, roles and rules, and how they are changed. Throws an Error before the server has started, unless it was opened. */
  get store(): AccessStore {
    return this.#opened().store;
  }

  /**
   * Opens the store before a server starts, which does it otherwise. The last server that stops closes it. Throws a
   * `StorageError`: `in use` when another process has it.
   */
  open(): AccessStore {
    if (this.#open !== null) return this.#open.store;
    const store = LocalAccessStore.open(this.#directory);
    const unlisten = store.onChange((changes) => this.#changed(changes));
    this.#open = { store, rights: new Rights(store), unlisten };
    return store;
  }

  /** Ends what `open` has begun. While a server has it, the server does that. */
  close(): void {
    const open = this.#open;
    this.#open = null;
    open?.unlisten();
    open?.store.close();
  }

  /**
   * The slow hash of one of the users: checking it takes as long as checking another's, which hides from strangers which names there
   * are. Null: there is none.
   */
  get decoy(): PasswordHash | null {
    if (this.#decoy === undefined) this.#decoy = decoyOf(this.#opened().store);
    return this.#decoy;
  }

  /** Called by the server. Throws a `StorageError`. */
  init(host: HookHost): void {
    const { place } = this.open();
    this.#hosts.add(host);
    this.#started++;
    this.letIn.asked = true;
    if (place !== null && this.#open?.store.size === 0) {
      host.log(
        "info",
        `There are no users in ${quote(place)} yet: comqtt users add NAME --data DIR adds one`,
      );
    }
    if (place === null) {
      host.log("info", "Users and their rules are kept in memory alone, they are gone when the server ends");
    }
  }

  /** Called by the server. */
  onStopped(): void {
    if (--this.#started > 0) return;
    this.#hosts.clear();
    this.letIn.asked = false;
    this.close();
  }

  /** Decides who may connect; at once when no slow hash has to be computed. */
  onConnectAuthenticate(client: Client, { password }: Credentials): MaybePromise<ConnectOpinion> {
    const { username, remoteAddress } = client;
    const account = this.#open?.store.account(username);
    if (account === undefined) return undefined;
    const hash = account.hash === null ? null : parseHash(account.hash);
    if (hash === null || password === null) return "deny";
    // (Whether somebody is disabled does not show in the time it takes.)
    const checked = passwordChecks.check(account.name, password, hash, remoteAddress);
    return isPromise(checked)
      ? checked.then((one) => this.#answer(client, account, one))
      : this.#answer(client, account, checked);
  }

  #answer(client: Client, asked: Account, checked: Checked): ConnectOpinion {
    if (checked === "busy") {
      this.#complain();
      return { refuse: Reasons.serverBusy };
    }
    // (The check may have taken its time: the user may be gone, or have another password.)
    const account = this.#open?.store.account(asked.name);
    if (checked !== "right" || account?.hash !== asked.hash || !account.enabled) return "deny";
    const { connections } = account.limits;
    if (connections !== undefined && this.#present.others(account.name, client) >= connections) {
      return { refuse: Reasons.quotaExceeded };
    }
    this.#admitted.add(client, account.name);
    this.letIn.note(client);
    return "allow";
  }

  /** Decides what a client may do with a topic, or with the filter of a subscription. */
  onAclCheck(client: Client, action: Action, topic: string): Opinion {
    const decision = this.#decide(client, action, topic);
    if (decision === null) return undefined;
    return decision === "all" || (decision !== "gone" && decision.allow) ? "allow" : "deny";
  }

  /** Says which rule of a user or a role decides, and whether a user may come. */
  onExplain(client: Client, action: ExplainedAction, topic: string): Explained {
    const open = this.#open;
    if (open === null) return { detail: "the store is not open" };
    if (action === "connect") {
      const { username } = client;
      const others = this.#present.others(username, client);
      return explainLogin(username, open.store.account(username), others);
    }
    const known = this.#admitted.get(client);
    const decision = this.#decide(client, action, topic);
    if (known === null || !this.letIn.has(client)) return NOT_LET_IN;
    return explainTopic(open, { username: known.username, action, decision });
  }

  /** Null: no opinion; `gone`: it was let in as a user that is not there any more. */
  #decide(client: Client, action: Action, topic: string): RuleDecision | "all" | "gone" | null {
    const known = this.#admitted.get(client);
    if (known === null || this.#open === null || !this.letIn.has(client)) return null;
    const { store, rights } = this.#open;
    const account = store.account(known.username);
    if (account === undefined) return known.fromStorage ? null : "gone";
    return account.superuser ? "all" : rights.of(account).decide(known, action, topic);
  }

  /** Told by the server. */
  onSessionEstablished(client: Client): void {
    const name = this.#admitted.nameOf(client);
    if (name === null) return;
    const count = this.#present.add(name, client);
    const most = this.#open?.store.account(name)?.limits.connections ?? Infinity;
    // (Two may have been let in at the same time.)
    if (count > most) this.#disconnect((one) => one === client, "the user has too many connections");
  }

  /** Told by the server. */
  onDisconnect(client: Client): void {
    const name = this.#admitted.nameOf(client);
    if (name !== null) this.#present.remove(name, client);
  }

  #changed(changes: readonly AccessChange[]): void {
    const { ended, users, roles, all } = consequencesOf(changes);
    const { store, rights } = this.#opened();
    if (all || roles.size > 0) rights.forget();
    if (users.size + ended.size > 0) this.#decoy = undefined;
    // (As whom it was let in: hooks may have given it another name since.)
    const concerns = (client: Client): boolean => {
      const name = this.#admitted.nameOf(client);
      if (name === null) return false;
      return all || users.has(name) ||
        (roles.size > 0 && store.account(name)?.roles.some((role) => roles.has(role)) === true);
    };
    if (all || users.size + roles.size > 0) { for (const host of this.#hosts) host.accessChanged(concerns); }
    for (const why of new Set(ended.values())) {
      const its = (client: Client): boolean => {
        const name = this.#admitted.nameOf(client);
        return name !== null && ended.get(name) === why;
      };
      for (const host of this.#hosts) host.disconnect(its, Reasons.notAuthorized, why);
    }
  }

  #disconnect(which: (client: Client) => boolean, why: string): void {
    for (const host of this.#hosts) host.disconnect(which, Reasons.quotaExceeded, why);
  }

  #opened(): Open {
    if (this.#open !== null) return this.#open;
    throw new CodedError(
      "storage-not-open",
      `Cannot use the store of "${this.id}": it is not open, open() or a server that starts opens it`,
    );
  }

  /** Once a minute is enough: strangers can bring it about. */
  #complain(): void {
    const now = performance.now();
    if (now - this.#complained < 60_000) return;
    this.#complained = now;
    for (const host of this.#hosts) {
      host.log("warn", "Too many passwords to check at a time, clients are refused");
    }
  }
}

function decoyOf(store: LocalAccessStore): PasswordHash | null {
  let left = DECOYS;
  for (const { hash } of store.accounts()) {
    const parsed = hash === null ? null : parseHash(hash);
    if (parsed?.slow === true) return parsed;
    if (--left === 0) break;
  }
  return null;
}
