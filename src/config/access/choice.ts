/** Who may connect and what clients may do, as it is asked for and as it is then. (Without the table.) */

import type { MosquittoFiles, RuleAccess } from "./values.ts";
import type { Tagged } from "../table/item.ts";
import type { Configuration } from "../configuration.ts";

export interface TopicRule {
  readonly access: RuleAccess;
  readonly filter: string;
  /** The name, or how it begins with a `*` behind that; undefined: everybody. */
  readonly user?: string;
  readonly client?: string;
  /** Where it stands. */
  readonly where: string;
}

/** Of a file of users. */
interface Watching {
  /** Milliseconds. */
  readonly interval?: number;
  readonly disguise?: boolean;
}

export type BackEndSetting =
  | { readonly kind: "users"; readonly file: string; readonly where: string } & Watching
  | { readonly kind: "ledger"; readonly file: string; readonly where: string }
  | {
    readonly kind: "mosquitto";
    readonly file: string;
    readonly acl?: string;
    readonly where: string;
  } & Watching
  | { readonly kind: "store"; readonly where: string };

/** A list of rules, or those of a file of mosquitto, in the order in which they are asked. */
export type AclSetting =
  | { readonly kind: "rules"; readonly rules: readonly TopicRule[] }
  | { readonly kind: "mosquitto"; readonly file: string; readonly where: string };

export interface AccessSetting {
  readonly blacklist: { readonly file: string; readonly where: string } | null;
  /** In the order in which they are asked. */
  readonly backEnds: readonly BackEndSetting[];
  /** Those for everybody. Null: none were asked for. */
  readonly acl: readonly AclSetting[] | null;
  readonly anonymous: "allow" | "deny" | readonly TopicRule[];
  /** Undefined: nobody has said it. */
  readonly anonymousWhere?: string;
}

/** The settings it is made of. */
export const accessSettings: readonly string[] = ["users", "auth", "acl", "anonymous", "blacklist"];

/** Nobody is asked anything: everyone may connect and do everything. */
export function isOpen({ blacklist, backEnds, acl, anonymous }: AccessSetting): boolean {
  return blacklist === null && backEnds.length === 0 && acl === null && anonymous === "allow";
}

/** `users` goes before what is in the list. Nobody is asked for a password as long as there is nobody to check it. */
export function accessChoice({ values, places }: Pick<Configuration, "values" | "places">): AccessSetting {
  const { users, auth = [], acl, anonymous, blacklist } = values;
  const place = (path: string): string => places.get(path) ?? path;
  const backEnds = [
    ...(users === undefined ? [] : [{ kind: "users", file: users, where: place("users") } as const]),
    ...auth.map(backEndOf),
  ];
  const word = anonymous?.length === 1 && ["allow", "deny"].includes(anonymous[0]!.type)
    ? anonymous[0]!.type as "allow" | "deny"
    : null;
  return {
    blacklist: blacklist === undefined ? null : { file: blacklist, where: place("blacklist") },
    backEnds,
    acl: acl === undefined ? null : aclOf(acl),
    anonymous: anonymous === undefined
      ? (backEnds.length === 0 ? "allow" : "deny")
      : word ?? anonymous.map(ruleOf),
    ...(anonymous === undefined ? {} : { anonymousWhere: place("anonymous") }),
  };
}

function backEndOf({ type, values, place: where }: Tagged): BackEndSetting {
  const { users, ledger, mosquitto, ...watching } = values as {
    readonly users?: string;
    readonly ledger?: string;
    readonly mosquitto?: MosquittoFiles;
  } & Watching;
  switch (type) {
    case "users":
      return { kind: "users", file: users!, where, ...watching };
    case "ledger":
      return { kind: "ledger", file: ledger!, where };
    case "mosquitto": {
      const { passwords, acl } = mosquitto!;
      return {
        kind: "mosquitto",
        file: passwords,
        ...(acl === undefined ? {} : { acl }),
        where,
        ...watching,
      };
    }
    default:
      return { kind: "store", where };
  }
}

/** Rules that stand together are one list. */
function aclOf(list: readonly Tagged[]): AclSetting[] {
  const found: ({ kind: "rules"; rules: TopicRule[] } | (AclSetting & { kind: "mosquitto" }))[] = [];
  for (const one of list) {
    const last = found.at(-1);
    if (one.type === "mosquitto") {
      found.push({ kind: "mosquitto", file: one.values.mosquitto as string, where: one.place });
    } else if (last?.kind === "rules") last.rules.push(ruleOf(one));
    else found.push({ kind: "rules", rules: [ruleOf(one)] });
  }
  return found;
}

function ruleOf({ values, place }: Tagged): TopicRule {
  return { ...values as unknown as Omit<TopicRule, "where">, where: place };
}
