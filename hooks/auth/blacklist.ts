/**
 * Clients and topics that are refused, whatever other hooks say of them: comqtt's blacklist, a file in the format of a ledger.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { AllowAll } from "@comqtt/comqtt/hooks/auth/allow-all";
 * import { Blacklist } from "@comqtt/comqtt/hooks/auth/blacklist";
 *
 * const server = new Server();
 * server.addHook(new Blacklist({ auth: [{ client: "banned-*" }, { remote: "192.0.2.*" }] }));
 * server.addHook(new AllowAll());
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * It stands before the hooks that let clients in. **Connecting:** the first of the `auth` rules that is about a client, by its id, user name and
 * address, decides; passwords are not looked at. One without `allow`, and a listed user with `disallow`, is refused with 0x8A. **Topics:**
 * the filters of the `acl` rules that are about the client are asked as those of a ledger, and the first that matches decides.
 *
 * It only refuses. What a rule in it allows is asked of the hooks that come after it, passwords too; such a rule keeps the rules behind it
 * from the client. (In comqtt 2 an allow skips the password.)
 *
 * @module
 */

import { CodedError } from "../../src/core/errors.ts";
import { checkOptions, type Shape } from "../../src/core/misuse.ts";
import type {
  Action,
  AuthAnswer,
  Client,
  ConnectOpinion,
  Explained,
  ExplainedAction,
  Hook,
  HookHost,
  Opinion,
} from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { checkInterval } from "./frame/interval.ts";
import { ReadAgain } from "./frame/read_again.ts";
import { compileObjects } from "./ledger/compile.ts";
import { explainListed, explainListedTopic } from "./ledger/explain_listed.ts";
import { READ, WRITE } from "./ledger/grants.ts";
import { rulesIn } from "./ledger/rules_in.ts";
import type { Rulebook } from "./ledger/rulebook.ts";
import type { LedgerRules } from "./ledger/types.ts";
import { unshared } from "./rules/filters.ts";

/** How a blacklist behaves besides its rules. */
export interface BlacklistOptions {
  /** Names the hook in logs; default `blacklist`. */
  readonly id?: string;
  /**
   * Of one that was read from a file: milliseconds from one look whether it has changed to the next, 10 to 3,600,000; 0, the default:
   * it is only read again by {@link Blacklist.reload}. While something is wrong with the file the rules stay as they were.
   */
  readonly interval?: number;
}

const shape: Shape<BlacklistOptions> = { id: "string", interval: "number" };

/**
 * Refuses clients and topics. When the rules change, the connections of those they refuse end with 0x87 and the reason string
 * "Banned", because DISCONNECT has no 0x8A (MQTT 3: the connection ends); their sessions stay, their wills are published. Of all others
 * it is asked again what they may do.
 */
export class Blacklist implements Hook {
  /** `blacklist`, if the options do not say otherwise. */
  readonly id: string;
  /** It lets nobody in. */
  readonly requiresCredentials: boolean = true;
  readonly #hosts: Set<HookHost> = new Set();
  #started = 0;
  #rules: Rulebook;
  #file: ReadAgain | null = null;

  /** Throws a `LedgerError` with everything that is wrong with the rules, a TypeError or RangeError for options that are none. */
  constructor(rules: LedgerRules = {}, options: BlacklistOptions = {}) {
    checkOptions("new Blacklist", options, shape);
    checkInterval("new Blacklist", options.interval ?? 0);
    this.id = options.id ?? "blacklist";
    this.#rules = compileObjects(rules);
  }

  /** From a YAML or JSON file. Rejects with a `LedgerError`, also when the file cannot be read. */
  static async read(path: string, options: BlacklistOptions = {}): Promise<Blacklist> {
    const blacklist = new Blacklist({}, options);
    const file = new ReadAgain({
      file: path,
      interval: options.interval ?? 0,
      read: async () => blacklist.#put(await rulesIn(path)),
      what: "the rules",
    });
    await file.reload();
    blacklist.#file = file;
    return blacklist;
  }

  /** Reads the file again. Rejects with a `LedgerError` when there is anything wrong with it; then the old rules stay. */
  reload(): Promise<void> {
    return this.#file?.reload() ?? Promise.reject(
      new CodedError("ledger-without-file", `Cannot reload "${this.id}": it was not read from a file`),
    );
  }

  /** Called by the server. */
  init(host: HookHost): void {
    this.#hosts.add(host);
    this.#started++;
    this.#file?.start(host);
  }

  /** Called by the server. */
  onStopped(): void {
    this.#file?.stop();
    if (--this.#started <= 0) this.#hosts.clear();
  }

  /** Refuses those who are listed; of all others it has no opinion. */
  onConnectAuthenticate(client: Client): ConnectOpinion {
    return this.refuses(client) ? { refuse: Reasons.banned } : undefined;
  }

  /** Refuses those who are listed also where no password is asked for: enhanced authentication. */
  onAuthPacket(client: Client): AuthAnswer | undefined {
    return this.refuses(client) ? { result: "refuse", reason: Reasons.banned } : undefined;
  }

  /** Whether it is listed as somebody who may not connect. */
  refuses(client: Client): boolean {
    return this.#rules.refusal(client) !== null;
  }

  /** Refuses topics that are listed. */
  onAclCheck(client: Client, action: Action, topic: string): Opinion {
    const grants = this.#rules.grants(client);
    const wanted = action === "publish" || action === "will" ? WRITE : READ;
    const granted = action === "subscribe"
      ? grants.forFilter(unshared(topic), wanted)
      : grants.forTopic(topic, wanted);
    return granted === false ? "deny" : undefined;
  }

  /** Says which entry refuses a client or a topic, and where it stands. */
  onExplain(client: Client, action: ExplainedAction, topic: string): Explained {
    if (action === "connect") return explainListed(this.#rules, client);
    const wanted = action === "publish" || action === "will" ? WRITE : READ;
    const asked = action === "subscribe" ? unshared(topic) : topic;
    return explainListedTopic(this.#rules.grants(client), asked, wanted);
  }

  #put(rules: Rulebook): void {
    this.#rules = rules;
    const listed = (client: Client): boolean => this.refuses(client);
    for (const host of this.#hosts) {
      host.disconnect(listed, Reasons.banned, "it is on the blacklist now");
      host.accessChanged();
    }
  }
}
