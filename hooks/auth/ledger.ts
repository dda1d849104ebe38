/**
 * Access control from rules: who may connect, and what each client may publish, subscribe to and receive. The rules
 * are objects, or a YAML or JSON file, in comqtt's format.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { Ledger } from "@comqtt/comqtt/hooks/auth/ledger";
 *
 * const ledger = new Ledger({
 *   users: { anna: { password: "$argon2id$v=19$m=19456,t=2,p=1$...", acl: { "home/#": "readwrite" } } },
 *   auth: [{ remote: "127.0.0.1", allow: true }],
 *   acl: [
 *     { username: "admin" },
 *     { filters: { "secret/#": "deny", "$SYS/#": "read", "#": "read" } },
 *   ],
 * });
 * const server = new Server();
 * server.addHook(ledger);
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * **Connecting.** A user who is listed and gives the right password is let in, or refused with `disallow`. Everyone
 * else, a listed user with a wrong password included, is decided by the first of the `auth` rules that is about
 * the client and its password; one without a password takes every password. If there is none, the client is
 * refused.
 *
 * **Topics.** The filters of the listed user are asked first, then those of each `acl` rule that is about the client,
 * in the order written. The first filter that matches decides: `read` grants subscribing and receiving, `write`
 * publishing and wills. An `acl` rule without filters allows everything. If no filter matches, the topic is allowed:
 * end the rules with `"#": "deny"` to turn that round.
 *
 * A subscription, taken without `$share/group/`, is decided by the first filter that *covers* it, which means matches
 * all that it can match: `a/+` does not grant `a/#`. Filters that meet it only in part do not decide it, but each
 * message is asked about again with its topic. With `"secret/#": "deny"` before `"#": "read"`, a subscription to `#`
 * is granted and receives everything but `secret/...`, and one to `secret/+` is refused.
 *
 * As everywhere in MQTT, `#` and `+/...` do not match topics that begin with `$`, so they grant nothing of them; but
 * they do deny them.
 *
 * @module
 */

import { CodedError, CodedTypeError } from "../../src/core/errors.ts";
import type {
  Action,
  Client,
  ConnectOpinion,
  Credentials,
  Explained,
  ExplainedAction,
  Hook,
  HookHost,
  Opinion,
} from "../../src/hook/hook.ts";
import { isPromise, type MaybePromise } from "../../src/core/maybe_promise.ts";
import { checkOptions, described, type Shape } from "../../src/core/misuse.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { checkInterval } from "./frame/interval.ts";
import { LetIn } from "./frame/let_in.ts";
import { ReadAgain } from "./frame/read_again.ts";
import { authenticate } from "./ledger/authenticate.ts";
import { compileObjects, compileText } from "./ledger/compile.ts";
import { explainGates, explainGrants } from "./ledger/explain.ts";
import { READ, WRITE } from "./ledger/grants.ts";
import type { Gate, Rulebook } from "./ledger/rulebook.ts";
import { rulesIn } from "./ledger/rules_in.ts";
import type { LedgerOptions, LedgerRules } from "./ledger/types.ts";
import { passwordChecks } from "./passwords/checks.ts";
import type { PasswordHash } from "./passwords/hash.ts";
import { NOT_LET_IN } from "./rules/explain.ts";
import { unshared } from "./rules/filters.ts";

export { LedgerError, type LedgerProblem } from "./ledger/error.ts";
export { hashPassword } from "./passwords/parse.ts";
export type {
  LedgerAccess,
  LedgerAclRule,
  LedgerAuthRule,
  LedgerFilters,
  LedgerIdentity,
  LedgerOptions,
  LedgerRules,
  LedgerUser,
} from "./ledger/types.ts";

const shape: Shape<LedgerOptions> = {
  id: "string",
  fallback: "string",
  topics: "string",
  interval: "number",
};

/**
 * Access control from rules. The rules can be replaced while clients are connected: they stay connected and
 * subscribed, and what they do and receive from then on is decided by the new rules. With `topics: "let-in"`, as one of several back
 * ends, it ends the connections of those it has let in and would not any more, whose password is another one for example (0x87;
 * MQTT 3: the connection ends); their sessions stay.
 *
 * Passwords that are hashed are checked off the event loop, by all hooks together as many at a time as there are processors
 * but one; up to 1,000 more wait for at most four seconds, and beyond that clients are told that the server is busy (0x89, in
 * 3.x 3). One that was right is remembered for an hour.
 */
export class Ledger implements Hook {
  /** `auth-ledger`, if the options do not say otherwise. */
  readonly id: string;
  /** Whom it has let in. */
  readonly letIn: LetIn = new LetIn((client) => this.#rules.gates(client).some(({ allow }) => allow));
  readonly #fallback: "decide" | "abstain";
  readonly #ownTopics: boolean;
  readonly #hosts: Set<HookHost> = new Set();
  /** As whom they came, and by which password; null: none was asked for. */
  readonly #came: WeakMap<Client, { readonly username: string; readonly key: string | null }> = new WeakMap();
  #rules: Rulebook;
  #file: ReadAgain | null = null;
  #started = 0;
  #complained = -Infinity;

  /** Throws a {@link LedgerError} with everything that is wrong with the rules, a TypeError for options that are none. */
  constructor(rules: LedgerRules = {}, options: LedgerOptions = {}) {
    checkOptions("new Ledger", options, shape);
    const { fallback, topics } = options;
    if (topics !== undefined && topics !== "everyone" && topics !== "let-in") {
      throw new CodedTypeError(
        "argument-invalid",
        `Cannot use ${described(topics)} as topics of new Ledger: expected "everyone" or "let-in"`,
      );
    }
    if (fallback !== undefined && fallback !== "decide" && fallback !== "abstain") {
      throw new CodedTypeError(
        "argument-invalid",
        `Cannot use ${described(fallback)} as fallback of new Ledger: expected "decide" or "abstain"`,
      );
    }
    this.id = options.id ?? "auth-ledger";
    checkInterval("new Ledger", options.interval ?? 0);
    this.#fallback = options.fallback ?? "decide";
    this.#ownTopics = topics === "let-in";
    this.#rules = compileObjects(rules);
  }

  /**
   * A ledger from YAML or JSON text. `fileName` is what it is called in messages. Throws a {@link LedgerError} with
   * the line and column of everything that is wrong.
   */
  static parse(text: string, fileName = "ledger", options: LedgerOptions = {}): Ledger {
    const ledger = new Ledger({}, options);
    ledger.#rules = compileText({ file: fileName, text });
    return ledger;
  }

  /** A ledger from a YAML or JSON file. Rejects with a {@link LedgerError}, also when the file cannot be read. */
  static async read(path: string, options: LedgerOptions = {}): Promise<Ledger> {
    const ledger = new Ledger({}, options);
    const { interval = 0 } = options;
    const file = new ReadAgain({
      file: path,
      interval,
      read: async () => ledger.#put(await rulesIn(path)),
      what: "the rules",
    });
    await file.reload();
    ledger.#file = file;
    return ledger;
  }

  /** Other rules from now on, all of them at once. Throws a {@link LedgerError}; then the old ones stay. */
  replace(rules: LedgerRules): void {
    this.#put(compileObjects(rules));
  }

  /**
   * Reads the file again that {@link Ledger.read} has read. Rejects with a {@link LedgerError} when there is anything
   * wrong with it; then the old rules stay.
   */
  reload(): Promise<void> {
    return this.#file?.reload() ?? Promise.reject(
      new CodedError("ledger-without-file", `Cannot reload "${this.id}": it was not read from a file`),
    );
  }

  /** False as long as a rule lets somebody in without a password. */
  get requiresCredentials(): boolean {
    return this.#rules.requiresPasswords;
  }

  /** The slow hash of one of its users; null: there is none. */
  get decoy(): PasswordHash | null {
    const { decoy } = this.#rules;
    return decoy?.kind === "hashed" ? decoy.hash : null;
  }

  /** Called by the server. */
  init(host: HookHost): void {
    this.#hosts.add(host);
    this.letIn.asked = true;
    this.#file?.start(host);
    this.#started++;
  }

  /** Called by the server. */
  onStopped(): void {
    this.#file?.stop();
    if (--this.#started <= 0) this.letIn.asked = false;
  }

  /** Decides who may connect; at once if no hashed password has to be checked. */
  onConnectAuthenticate(client: Client, credentials: Credentials): MaybePromise<ConnectOpinion> {
    const rules = this.#rules;
    const { username } = client;
    const decides = this.#fallback === "decide" || rules.lists(username);
    let gate: Gate | null = null;
    const answer = authenticate({
      gates: rules.gates(client),
      username,
      address: client.remoteAddress,
      password: credentials.password,
      otherwise: decides ? "deny" : undefined,
      decoy: rules.decoy,
      checks: passwordChecks,
      passed: (one) => gate = one,
      overloaded: () => this.#complain(),
    });
    if (!isPromise(answer)) return this.#noted(client, username, answer, gate);
    const password = credentials.password?.slice() ?? null;
    return answer.then((opinion) => {
      // (The check may have taken its time: other rules may be in force by now.)
      if (this.#rules !== rules) return this.onConnectAuthenticate(client, { ...credentials, password });
      return this.#noted(client, username, opinion, gate);
    });
  }

  #noted(client: Client, username: string, opinion: ConnectOpinion, gate: Gate | null): ConnectOpinion {
    if (opinion !== "allow" || gate === null) return opinion;
    const { named, secret: { key } } = gate;
    // (Without a password, or with one that is of any name, it has not shown that the name is its own.)
    if (named && key !== null) this.letIn.note(client);
    else this.letIn.noteUnproven(client);
    this.#came.set(client, { username, key });
    return opinion;
  }

  /** Decides what a client may do with a topic, or with the filter of a subscription. */
  onAclCheck(client: Client, action: Action, topic: string): Opinion {
    if (this.#ownTopics && !this.letIn.has(client)) return undefined;
    const wanted = action === "publish" || action === "will" ? WRITE : READ;
    const grants = this.#rules.grants(client);
    const answer = action === "subscribe"
      ? grants.forFilter(unshared(topic), wanted)
      : grants.forTopic(topic, wanted);
    if (answer === undefined) return this.#fallback === "decide" ? "allow" : undefined;
    return answer ? "allow" : "deny";
  }

  /** Says which rule decides, and where it stands. */
  onExplain(client: Client, action: ExplainedAction, topic: string): Explained {
    const decides = this.#fallback === "decide";
    if (action === "connect") {
      const known = decides || this.#rules.lists(client.username);
      return explainGates(this.#rules.gates(client), known ? "deny" : undefined);
    }
    if (this.#ownTopics && !this.letIn.has(client)) return NOT_LET_IN;
    const wanted = action === "publish" || action === "will" ? WRITE : READ;
    const asked = action === "subscribe" ? unshared(topic) : topic;
    return explainGrants(this.#rules.grants(client), asked, wanted, decides ? "allow" : undefined);
  }

  #put(rules: Rulebook): void {
    this.#rules = rules;
    const gone = (client: Client): boolean => {
      const came = this.#came.get(client);
      return came !== undefined && !rules.stillLets(client, came.username, came.key);
    };
    for (const host of this.#hosts) {
      if (this.#ownTopics) {
        host.disconnect(gone, Reasons.notAuthorized, "the ledger does not let it in any more");
      }
      host.accessChanged();
    }
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
