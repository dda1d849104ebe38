/**
 * The end of a chain of hooks that know users: what becomes of clients that none of them knows.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { Anonymous } from "@comqtt/comqtt/hooks/auth/anonymous";
 * import { Ledger } from "@comqtt/comqtt/hooks/auth/ledger";
 * import { Users } from "@comqtt/comqtt/hooks/auth/users";
 *
 * const users = new Users({ file: "users", disguise: false });
 * const ledger = await Ledger.read("ledger.yml", { fallback: "abstain", topics: "let-in" });
 * const server = new Server();
 * server.addHook(users);
 * server.addHook(ledger);
 * server.addHook(new Anonymous([{ access: "read", filter: "public/#" }], { after: [users, ledger] }));
 * server.addHook({ id: "topics", onAclCheck: () => "allow" });
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * **Let in** with `allow`, or with rules, are all of whom no hook before it has an opinion, with a user name or without. After hooks
 * that know users a name nobody knows is nobody's: the client has none from then on, so that no rule takes it for somebody. **Rules** say what
 * it may do, as those of an `Acl`; where none matches, and with `allow`, it says nothing about topics: the next hook is asked.
 *
 * **Refused** with `deny`, it takes as long as a wrong password of a user of the hooks before: otherwise the time would tell which names
 * there are. That time is taken once, however many hooks there are; theirs is switched off (`disguise: false`).
 *
 * @module
 */

import { CodedTypeError } from "../../src/core/errors.ts";
import { isPromise, type MaybePromise } from "../../src/core/maybe_promise.ts";
import { checkOptions, described, type Shape } from "../../src/core/misuse.ts";
import type {
  Action,
  Client,
  ConnectingClient,
  ConnectOpinion,
  Credentials,
  Explained,
  ExplainedAction,
  Hook,
  HookHost,
  Opinion,
} from "../../src/hook/hook.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { Acl, type AclRule } from "./acl.ts";
import type { BackEnd } from "./frame/back_end.ts";
import { LetIn } from "./frame/let_in.ts";
import { NOT_LET_IN } from "./rules/explain.ts";
import { passwordChecks } from "./passwords/checks.ts";

export type { BackEnd } from "./frame/back_end.ts";
export type { HashKind, PasswordHash } from "./passwords/hash.ts";
export { LetIn } from "./frame/let_in.ts";

/** What becomes of clients nobody knows: let in, refused, or let in with the rights that rules say. */
export type AnonymousAccess = "allow" | "deny" | readonly AclRule[];

/** What stands before it. */
export interface AnonymousOptions {
  /** Names the hook in logs; default `anonymous`. */
  readonly id?: string;
  /** The hooks before it that know users, in their order; default none. */
  readonly after?: readonly BackEnd[];
  /** Those of them whose time for a wrong password is taken, the first that has one; default all, none: a refusal takes no time. */
  readonly disguiseAs?: readonly BackEnd[];
}

const shape: Shape<AnonymousOptions> = { id: "string", after: "list", disguiseAs: "list" };

/** What becomes of clients that no hook before it knows. */
export class Anonymous implements Hook {
  /** `anonymous`, if the options do not say otherwise. */
  readonly id: string;
  /** Whom it has let in. */
  readonly letIn: LetIn;
  /** Whether it lets nobody in. */
  readonly requiresCredentials: boolean;
  /** Somebody before it knows who has which name. */
  readonly #named: boolean;
  readonly #decoys: readonly BackEnd[];
  readonly #acl: Acl | null;
  readonly #hosts: Set<HookHost> = new Set();
  #started = 0;
  #complained = -Infinity;

  /** Throws an `AclError` with everything that is wrong with the rules, a TypeError for what is none and options that are none. */
  constructor(access: AnonymousAccess, options: AnonymousOptions = {}) {
    checkOptions("new Anonymous", options, shape);
    if (access !== "allow" && access !== "deny" && !Array.isArray(access)) {
      throw new CodedTypeError(
        "argument-invalid",
        `Cannot use ${described(access)} for new Anonymous: expected "allow", "deny" or a list of rules`,
      );
    }
    const { id = "anonymous", after = [] } = options;
    this.id = id;
    this.#named = after.length > 0;
    this.#decoys = options.disguiseAs ?? after;
    this.#acl = typeof access === "string" ? null : new Acl(access);
    this.requiresCredentials = access === "deny";
    const knows = ({ username }: Client): boolean =>
      !this.requiresCredentials && (after.length === 0 || username === "");
    this.letIn = new LetIn(knows, false);
    this.letIn.follow(after.map((one) => one.letIn));
  }

  /** Called by the server. */
  init(host: HookHost): void {
    this.#hosts.add(host);
    this.letIn.asked = true;
    this.#started++;
  }

  /** Called by the server. */
  onStopped(): void {
    if (--this.#started <= 0) this.letIn.asked = false;
  }

  /** Lets in whom nobody knows, or has no opinion after the time that a wrong password takes. */
  onConnectAuthenticate(client: ConnectingClient, { password }: Credentials): MaybePromise<ConnectOpinion> {
    if (this.requiresCredentials) return this.#disguised(client, password);
    if (this.#named) client.username = "";
    this.letIn.note(client);
    return "allow";
  }

  /** What the rules say of a client that it has let in. */
  onAclCheck(client: Client, action: Action, topic: string): Opinion {
    if (this.#acl === null || !this.letIn.has(client)) return undefined;
    return this.#acl.onAclCheck(client, action, topic);
  }

  /** Says which of its rules decides, and whether it lets anybody in. */
  onExplain(client: Client, action: ExplainedAction, topic: string): Explained {
    if (action === "connect") {
      if (this.requiresCredentials) return { detail: "clients that nobody knows are not let in" };
      return { answer: "allow", detail: "clients that nobody knows are let in" };
    }
    if (!this.letIn.has(client)) return NOT_LET_IN;
    return this.#acl?.onExplain(client, action, topic) ?? { detail: "it has no rules" };
  }

  #disguised({ username, remoteAddress }: Client, password: Uint8Array | null): MaybePromise<ConnectOpinion> {
    if (password === null || username === "") return undefined;
    const decoy = this.#decoys.find((one) => one.decoy !== null)?.decoy ?? null;
    if (decoy === null) return undefined;
    const pretended = passwordChecks.pretend(password, decoy, remoteAddress);
    const opinion = (answer: "wrong" | "busy"): ConnectOpinion =>
      answer === "busy" ? this.#busy() : undefined;
    return isPromise(pretended) ? pretended.then(opinion) : opinion(pretended);
  }

  /** (Who is told otherwise than a user would be is told that there is no such user.) One line a minute is enough. */
  #busy(): ConnectOpinion {
    const now = performance.now();
    if (now - this.#complained >= 60_000) {
      this.#complained = now;
      for (const host of this.#hosts) {
        host.log("warn", "Too many passwords to check at a time, clients are refused");
      }
    }
    return { refuse: Reasons.serverBusy };
  }
}
