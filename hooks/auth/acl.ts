/**
 * Rules for topics: what each client may publish, subscribe to and receive, whoever has let it in. The rules are objects, or
 * a file as mosquitto's `acl_file`.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { Acl } from "@comqtt/comqtt/hooks/auth/acl";
 * import { Users } from "@comqtt/comqtt/hooks/auth/users";
 *
 * const server = new Server();
 * server.addHook(new Users({ file: "users" }));
 * server.addHook(
 *   new Acl([
 *     { who: { user: "admin" }, access: "readwrite", filter: "#" },
 *     { access: "readwrite", filter: "devices/%u/#" },
 *     { access: "read", filter: "announcements/#" },
 *   ]),
 * );
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * **Rules in objects** are asked in their order, those only that are about the client: the first whose filter matches decides, with
 * `order: "longest"` that with the longest filter. `read` grants subscribing and receiving, `write` publishing and wills. Where no
 * rule matches it has no opinion: the next hook is asked, and nobody may for whom no hook says so.
 *
 * A subscription, taken without `$share/group/`, is decided by the first rule whose filter *covers* it, which means matches all
 * that it can match: `a/+` does not grant `a/#`. Rules that meet it only in part do not decide it, but each message is asked
 * about again with its topic. With a `deny` of `secret/#` before `read` of `#`, a subscription to `#` is granted and
 * receives everything but `secret/...`, and one to `secret/+` is refused.
 *
 * As everywhere in MQTT, `#` and `+/...` do not match topics that begin with `$`, so they grant nothing of them; but they do deny
 * them.
 *
 * **mosquitto's file**, `Acl.mosquitto("acl")`, is decided as mosquitto 2 decides: `deny` lines before the others; those of the
 * user, or of clients without a name, before `pattern` lines; a line speaks only of what it grants; every subscription is granted,
 * and what is received is filtered; what no line grants is refused. It differs in favour of caution: a name with `/` in it, or one that
 * would bring a `$` to the beginning, is not put into a pattern. It is read again when it changes.
 *
 * @module
 */

import { textOf } from "../../src/core/error_text.ts";
import { CodedError, CodedTypeError } from "../../src/core/errors.ts";
import { checkOptions, checkText, described, type Shape } from "../../src/core/misuse.ts";
import type { LogLevel } from "../../src/core/options.ts";
import { quote } from "../../src/core/problem.ts";
import type {
  Action,
  Client,
  Explained,
  ExplainedAction,
  Hook,
  HookHost,
  Opinion,
} from "../../src/hook/hook.ts";
import { explainRules } from "./rules/explain.ts";
import type { RuleOrder } from "./rules/types.ts";
import { AclError } from "./acl/error.ts";
import { mosquittoLines } from "./acl/lines.ts";
import { MosquittoRules } from "./acl/mosquitto.ts";
import { ObjectRules } from "./acl/objects.ts";
import type { AclRights, AclRules } from "./acl/rights.ts";
import { RulesFile } from "./acl/rules_file.ts";
import type { AclDecision, AclFileOptions, AclGroups, AclOptions, AclRule } from "./acl/types.ts";

export { AclError, type AclProblem } from "./acl/error.ts";
export type {
  AclAccess,
  AclDecision,
  AclFileOptions,
  AclGroups,
  AclOptions,
  AclRule,
  AclWho,
} from "./acl/types.ts";
export type { Rule, RuleAccess, RuleAction, RuleOrder } from "./rules/types.ts";

const shape: Shape<AclOptions> = { id: "string", order: "string", fallback: "string", groups: "object" };
const fileShape: Shape<AclFileOptions> = {
  id: "string",
  subscribe: "string",
  fallback: "string",
  interval: "number",
};

/** What is known of a client, so that no topic is asked about with all rules. */
interface Known {
  readonly id: string;
  readonly username: string;
  readonly rights: AclRights;
}

/**
 * What clients may do with topics. The rules can be replaced while clients are connected: they stay connected and subscribed, and what
 * they publish and receive from then on is decided by the new rules.
 */
export class Acl implements Hook {
  /** `acl`, if the options do not say otherwise. */
  readonly id: string;
  readonly #fallback: "abstain" | "deny";
  readonly #order: RuleOrder;
  readonly #hosts: Set<HookHost> = new Set();
  #groups: AclGroups;
  #file: RulesFile | null = null;
  #rules: AclRules;
  #known: WeakMap<Client, Known> = new WeakMap();

  /** Throws an {@link AclError} with everything that is wrong with the rules, a TypeError for options that are none. */
  constructor(rules: readonly AclRule[] = [], options: AclOptions = {}) {
    checkOptions("new Acl", options, shape);
    const { order = "first", fallback = "abstain" } = options;
    checkOneOf("new Acl", "order", order, ["first", "longest"]);
    checkOneOf("new Acl", "fallback", fallback, ["abstain", "deny"]);
    this.id = options.id ?? "acl";
    this.#order = order;
    this.#fallback = fallback;
    this.#groups = options.groups ?? {};
    this.#rules = new ObjectRules(rules, order, this.#groups);
  }

  /**
   * Rules from a file as mosquitto's `acl_file`, which is read when the server starts, and again when it has changed; while something
   * is wrong with it the rules stay as they were, with one line in the log that says where. Throws a TypeError or RangeError
   * for options that are none.
   */
  static mosquitto(file: string, options: AclFileOptions = {}): Acl {
    checkText("Cannot use the file of Acl.mosquitto", file);
    checkOptions("Acl.mosquitto", options, fileShape);
    const { subscribe = "grant", fallback = "deny", interval = 1000, id } = options;
    checkOneOf("Acl.mosquitto", "subscribe", subscribe, ["grant", "refuse"]);
    const acl = new Acl([], id === undefined ? { fallback } : { id, fallback });
    acl.#rules = new MosquittoRules({ topics: new Map(), patterns: [] }, subscribe);
    const take = async (bytes: Uint8Array): Promise<void> =>
      acl.#put(new MosquittoRules(await mosquittoLines(file, bytes), subscribe));
    acl.#file = new RulesFile(file, interval, take, () => acl.#noticed());
    return acl;
  }

  /** How many rules there are. */
  get size(): number {
    return this.#rules.size;
  }

  /** Other rules from now on, all of them at once, and other groups if there are some. Throws an {@link AclError}; then the old ones stay. */
  replace(rules: readonly AclRule[], groups: AclGroups = this.#groups): void {
    if (this.#file !== null) {
      throw new CodedError(
        "argument-invalid",
        `Cannot replace the rules of "${this.id}": they are those of a file`,
      );
    }
    this.#put(new ObjectRules(rules, this.#order, groups));
    this.#groups = groups;
  }

  /**
   * Reads the file again, without waiting for the next look. Rejects with an {@link AclError} when there is anything wrong with it;
   * then the rules stay as they were.
   */
  reload(): Promise<void> {
    return this.#file?.reload() ??
      Promise.reject(new CodedError("acl-without-file", `Cannot reload "${this.id}": its rules are no file`));
  }

  /** Called by the server: reads the file, if there is one. Rejects with an {@link AclError}. */
  async init(host: HookHost): Promise<void> {
    await this.#file?.start();
    this.#hosts.add(host);
  }

  /** Called by the server. */
  onStopped(): void {
    this.#file?.stop();
  }

  /** Decides what a client may do with a topic, or with the filter of a subscription. */
  onAclCheck(client: Client, action: Action, topic: string): Opinion {
    const decided = this.#rights(client).decide(action, topic);
    if (decided === null) return this.#fallback === "deny" ? "deny" : undefined;
    return decided.allow ? "allow" : "deny";
  }

  /** What the rules say, and which of them; null: none is about that. `topic` is a filter for `subscribe`. Nothing is changed. */
  decide(client: Client, action: Action, topic: string): AclDecision | null {
    return this.#rights(client).decide(action, topic);
  }

  /** Says which rule decides, and where it stands. */
  onExplain(client: Client, action: ExplainedAction, topic: string): Explained | void {
    if (action === "connect") return;
    const rights = this.#rights(client);
    const decision = rights.decide(action, topic);
    return explainRules({
      rules: rights.asked(action),
      decision,
      otherwise: this.#fallback === "deny" ? "deny" : undefined,
      whom: (rule) => this.#rules.whom(rule),
      detail: decision?.rule === null ? unruled(decision) : undefined,
    });
  }

  #rights(client: Client): AclRights {
    const known = this.#known.get(client);
    // (While a client connects, hooks may still change its names.)
    if (known !== undefined && known.username === client.username && known.id === client.id) {
      return known.rights;
    }
    const { id, username } = client;
    const rights = this.#rules.rights({ clientId: id, username });
    this.#known.set(client, { id, username, rights });
    return rights;
  }

  #put(rules: AclRules): void {
    this.#rules = rules;
    this.#known = new WeakMap();
    for (const host of this.#hosts) host.accessChanged();
  }

  /** One line, whatever is wrong. */
  async #noticed(): Promise<void> {
    const { path } = this.#file!;
    try {
      await this.reload();
      const count = `${this.size} ${this.size === 1 ? "rule" : "rules"}`;
      this.#log("info", `The file ${quote(path)} was read again: ${count}`);
    } catch (error) {
      const { problems } = error instanceof AclError
        ? error
        : { problems: [{ where: path, message: textOf(error) }] };
      const [first] = problems;
      const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
      this.#log("error", `${first!.where}: ${first!.message}${more}; the rules stay as they were`);
    }
  }

  #log(level: LogLevel, text: string): void {
    for (const host of this.#hosts) host.log(level, text);
  }
}

/** As a file of mosquitto has it. */
function unruled({ allow }: AclDecision): string {
  return allow
    ? "every subscription is granted, and each message asked about"
    : "no pattern is about a client with + or # in its id or user name";
}

function checkOneOf(whose: string, name: string, value: unknown, accepted: readonly string[]): void {
  if (accepted.includes(value as string)) return;
  throw new CodedTypeError(
    "argument-invalid",
    `Cannot use ${described(value)} as ${name} of ${whose}: expected ${
      accepted.map((one) => `"${one}"`).join(" or ")
    }`,
  );
}
