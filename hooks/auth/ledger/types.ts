/** The rules of a ledger as a program writes them; a file has the same names. */

/**
 * What is granted: 0 or `deny`: nothing; 1 or `read`: subscribe and receive; 2 or `write`: publish, wills too;
 * 3 or `readwrite`: both.
 */
export type LedgerAccess = 0 | 1 | 2 | 3 | "deny" | "read" | "write" | "readwrite";

/**
 * Topic filters and what each grants, in the order in which they are asked: the first that matches decides. An object
 * moves keys like `"1"` to the front, so one that has such a key beside others is refused: a `Map` keeps its order.
 */
export type LedgerFilters =
  | Readonly<Record<string, LedgerAccess>>
  | ReadonlyMap<string, LedgerAccess>;

/** A user, listed under the user name. */
export interface LedgerUser {
  /** The name once more; it may be left out. */
  readonly username?: string;
  /** Plain, or a hash as `hashPassword` makes it. Without one, or with an empty one, auth rules decide. */
  readonly password?: string;
  /** What the user may do, asked before the ACL rules, which decide where none of these filters matches. */
  readonly acl?: LedgerFilters;
  /** The right password is refused, too. Default false. */
  readonly disallow?: boolean;
}

/**
 * Whom a rule is about. What is left out, empty or `*` is true of everyone; `abc*` of what begins with `abc` and is
 * longer; `*` in front of other text stands for itself.
 */
export interface LedgerIdentity {
  /** The client id. */
  readonly client?: string;
  /** The user name, empty for a client without one. */
  readonly username?: string;
  /** The address, `ip:port` or `[ip]:port`; without a port it is that of any port; `10.0.*` is possible. */
  readonly remote?: string;
}

/** Who may connect: the first rule that is about the client and its password decides. */
export interface LedgerAuthRule extends LedgerIdentity {
  /** Plain, `abc*`, or a hash as `hashPassword` makes it. Left out, empty or `*`: every password, also none. */
  readonly password?: string;
  /** Default false: the rule refuses. */
  readonly allow?: boolean;
}

/** What clients may do: rules are asked in their order, and the first filter that matches decides. */
export interface LedgerAclRule extends LedgerIdentity {
  /** Without any, the rule allows everything. */
  readonly filters?: LedgerFilters;
}

/** Everything a ledger says. Without rules nobody may connect. */
export interface LedgerRules {
  /** Users by name. */
  readonly users?: Readonly<Record<string, LedgerUser>> | ReadonlyMap<string, LedgerUser>;
  /** In the order in which they are asked. */
  readonly auth?: readonly LedgerAuthRule[];
  /** In the order in which they are asked. */
  readonly acl?: readonly LedgerAclRule[];
}

/** How a ledger behaves besides its rules. */
export interface LedgerOptions {
  /** Names the hook in logs; default `auth-ledger`. */
  readonly id?: string;
  /**
   * What is answered where nothing matches. `decide`, the default: nobody connects, every topic is allowed, as in
   * comqtt. `abstain`: no opinion, hooks that come after it are asked; a listed user without the right password is
   * refused all the same.
   */
  readonly fallback?: "decide" | "abstain";
  /**
   * Whose topics it decides about. `everyone`, the default: all clients', whoever has let them in. `let-in`: those of clients that it has
   * let in itself, or would, if only their password is right, when nobody knows that any more; for several in a chain.
   */
  readonly topics?: "everyone" | "let-in";
  /**
   * Of one that was read from a file: milliseconds from one look whether it has changed to the next, 10 to 3,600,000. 0, the default: it
   * is only read again by `reload`. While something is wrong with the file the rules stay as they were, with a line in the log.
   */
  readonly interval?: number;
}
