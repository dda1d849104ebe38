/** What the program does besides serving, as one table: parsing and help are made from it. */

import type { Answer, Call, EarlyCall } from "./call.ts";
import type { Parts } from "./parts.ts";

export interface Command {
  /** One word, or two. */
  readonly name: string;
  /** What follows its name in the help. */
  readonly operand: string;
  /** How many have to follow, at least and at most. */
  readonly operands: readonly [least: number, most: number];
  readonly text: string;
  /** What follows are no paths: `~/` at their beginning is not the home directory. */
  readonly names?: boolean;
  /** What it says in the end. Throws an Error with one line. Loaded only when it is called. */
  readonly run: ((call: Call) => Promise<string | Answer>) | null;
  /** What the process ends with when it throws; default 1. */
  readonly failed?: number;
  /** Instead: one that looks at the configuration itself, and ends with a code of its own. */
  readonly early?: (call: EarlyCall, parts: Parts) => Promise<Answer>;
  /** Instead: one with options of its own, which needs no configuration; it answers what the process ends with. */
  readonly own?: (args: readonly string[]) => Promise<number>;
}

export const commands: readonly Command[] = [
  {
    name: "backup",
    operand: "FILE",
    operands: [1, 1],
    text: "copies what is kept to a new FILE, also while the broker runs",
    run: async (call) => (await import("./commands/backup.ts")).backup(call),
  },
  {
    name: "restore",
    operand: "FILE",
    operands: [1, 1],
    text: "puts a backup in the place of what is kept, while the broker does not run",
    run: async (call) => (await import("./commands/restore.ts")).restore(call),
  },
  {
    name: "inspect",
    operand: "[FILE|DIR]",
    operands: [0, 1],
    text: "counts sessions, queues and retained messages, of a backup or what is kept (in DIR)",
    run: async (call) => (await import("./commands/inspect.ts")).inspect(call),
  },
  {
    name: "config check",
    operand: "[FILE]...",
    operands: [0, Infinity],
    text: "everything that is wrong with the configuration (in FILE); exits with 1 then",
    run: null,
    early: async (call, parts) => (await import("./commands/config_check.ts")).configCheck(call, parts),
  },
  {
    name: "config show",
    operand: "",
    operands: [0, 0],
    text: "every setting as it would be in use, and where it comes from; --json for programs",
    run: async (call) => (await import("./commands/config_show.ts")).configShow(call),
  },
  {
    name: "config schema",
    operand: "",
    operands: [0, 0],
    text: "a JSON Schema of the file, for editors",
    run: null,
    early: async () => (await import("./commands/config_schema.ts")).configSchema(),
  },
  {
    name: "config migrate",
    operand: "FILE",
    operands: [1, 1],
    text: "writes a mosquitto.conf, or a file of comqtt 2, as one for --conf, with remarks",
    run: async (call) => (await import("./commands/config_migrate.ts")).configMigrate(call),
  },
  {
    name: "passwd add",
    operand: "NAME",
    operands: [1, 1],
    text: "a user of --users FILE, or another password; asks for it, or reads standard input",
    names: true,
    run: async (call) => (await import("./commands/passwd.ts")).addUser(call),
  },
  {
    name: "passwd remove",
    operand: "NAME",
    operands: [1, 1],
    text: "no user of --users FILE any more",
    names: true,
    run: async (call) => (await import("./commands/passwd.ts")).removeUser(call),
  },
  {
    name: "passwd list",
    operand: "",
    operands: [0, 0],
    text: "the users of --users FILE, with what their passwords are hashed with",
    run: async (call) => (await import("./commands/passwd.ts")).listUsers(call),
  },
  {
    name: "passwd verify",
    operand: "NAME",
    operands: [1, 1],
    text: "whether a password is that of a user of --users FILE; exits with 1 when it is not",
    names: true,
    run: async (call) => (await import("./commands/passwd.ts")).verifyPassword(call),
  },
  {
    name: "users add",
    operand: "NAME [ROLE]...",
    operands: [1, Infinity],
    text: "a user of the store in --data DIR; asks for the password, or reads standard input",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).addUser(call),
  },
  {
    name: "users remove",
    operand: "NAME",
    operands: [1, 1],
    text: "no user of the store any more",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).removeUser(call),
  },
  {
    name: "users passwd",
    operand: "NAME",
    operands: [1, 1],
    text: "another password; asks for it, or reads standard input",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).changePassword(call),
  },
  {
    name: "users list",
    operand: "",
    operands: [0, 0],
    text: "the users of the store; --json for programs",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).listUsers(call),
  },
  {
    name: "users show",
    operand: "NAME",
    operands: [1, 1],
    text: "all that is kept of a user, but for the password; --json for programs",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).showUser(call),
  },
  {
    name: "users import",
    operand: "FILE",
    operands: [1, 1],
    text: "users and roles of mosquitto's dynamic-security.json, with remarks",
    run: async (call) => (await import("./commands/users_import.ts")).importUsers(call),
  },
  {
    name: "users enable",
    operand: "NAME",
    operands: [1, 1],
    text: "who was disabled may connect again",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).enableUser(call),
  },
  {
    name: "users disable",
    operand: "NAME",
    operands: [1, 1],
    text: "who may not connect for now",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).disableUser(call),
  },
  {
    name: "users roles",
    operand: "NAME [ROLE]...",
    operands: [1, Infinity],
    text: "the roles of a user, instead of those before; none without any",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).setRoles(call),
  },
  {
    name: "users superuser",
    operand: "NAME on|off",
    operands: [2, 2],
    text: "who may do everything, whatever the rules say",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).setSuperuser(call),
  },
  {
    name: "users limit",
    operand: "NAME COUNT|off",
    operands: [2, 2],
    text: "connections that a user may have at a time",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).limitUser(call),
  },
  {
    name: "users notes",
    operand: "NAME TEXT",
    operands: [2, 2],
    text: "what is to be remembered of a user",
    names: true,
    run: async (call) => (await import("./commands/users.ts")).setNotes(call),
  },
  {
    name: "roles add",
    operand: "NAME",
    operands: [1, 1],
    text: "a role of the store: rules for all users who have it",
    names: true,
    run: async (call) => (await import("./commands/roles.ts")).addRole(call),
  },
  {
    name: "roles remove",
    operand: "NAME",
    operands: [1, 1],
    text: "no role of the store any more; nobody must have it",
    names: true,
    run: async (call) => (await import("./commands/roles.ts")).removeRole(call),
  },
  {
    name: "roles list",
    operand: "",
    operands: [0, 0],
    text: "the roles of the store, with their rules; --json for programs",
    names: true,
    run: async (call) => (await import("./commands/roles.ts")).listRoles(call),
  },
  {
    name: "rules add",
    operand: "user|role NAME ACCESS FILTER [POSITION]",
    operands: [4, 5],
    text: "a rule, the last or at POSITION; ACCESS is deny, read, write or readwrite",
    names: true,
    run: async (call) => (await import("./commands/rules.ts")).addRule(call),
  },
  {
    name: "rules remove",
    operand: "user|role NAME POSITION",
    operands: [3, 3],
    text: "the rule at that position, 1 is the first",
    names: true,
    run: async (call) => (await import("./commands/rules.ts")).removeRule(call),
  },
  {
    name: "rules list",
    operand: "user|role NAME",
    operands: [2, 2],
    text: "the rules, with their positions; --json for programs",
    names: true,
    run: async (call) => (await import("./commands/rules.ts")).listRules(call),
  },
  {
    name: "rules order",
    operand: "[first|longest]",
    operands: [0, 1],
    text: "which rule decides: the first that matches (default), or the longest",
    names: true,
    run: async (call) => (await import("./commands/rules.ts")).ruleOrder(call),
  },
  {
    name: "explain",
    operand: "CLIENT ACTION [TOPIC]",
    operands: [2, 3],
    text: "why it may connect, publish, subscribe, receive, or not: 0, 1, 2: nobody can say",
    names: true,
    failed: 2,
    run: async (call) => (await import("./commands/explain.ts")).explain(call),
  },
  {
    name: "healthcheck",
    operand: "",
    operands: [0, 0],
    text: "whether a broker (--data, --sock or --url) takes clients; exits with 1 if not",
    run: async (call) => (await import("./commands/healthcheck.ts")).healthcheck(call),
  },
  {
    name: "ban add",
    operand: "KIND VALUE",
    operands: [2, 2],
    text: "keeps out a client, user, address or network, at once when the broker runs",
    names: true,
    run: async (call) => (await import("./commands/ban.ts")).addBan(call),
  },
  {
    name: "ban remove",
    operand: "KIND VALUE",
    operands: [2, 2],
    text: "lets it in again",
    names: true,
    run: async (call) => (await import("./commands/ban.ts")).removeBan(call),
  },
  {
    name: "ban list",
    operand: "",
    operands: [0, 0],
    text: "who is kept out, until when and why; --json for programs",
    run: async (call) => (await import("./commands/ban.ts")).listBans(call),
  },
  {
    name: "pub",
    operand: "-t TOPIC -m TEXT",
    operands: [0, Infinity],
    text: "publishes at any broker, with the options of mosquitto_pub; pub --help has them",
    run: null,
    own: async (args) => (await import("./commands/pub.ts")).pub(args),
  },
  {
    name: "sub",
    operand: "-t FILTER",
    operands: [0, Infinity],
    text: "prints what comes, with the options of mosquitto_sub; sub --help has them",
    run: null,
    own: async (args) => (await import("./commands/sub.ts")).sub(args),
  },
  {
    name: "bench",
    operand: "SCENARIO",
    operands: [0, Infinity],
    text: "measures any broker: connections, p2p, fan-out, fan-in, shared, latency",
    run: null,
    own: async (args) => (await import("./commands/bench.ts")).bench(args),
  },
  {
    name: "completion",
    operand: "bash|zsh|fish",
    operands: [0, Infinity],
    text: "a script that completes commands and options in that shell",
    run: null,
    own: async (args) =>
      (await import("./commands/completion.ts")).completion(args, commands.map(({ name }) => name)),
  },
];
