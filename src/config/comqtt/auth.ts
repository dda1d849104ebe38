/**
 * What comqtt 2 says of access control: the way, where users are, and the blacklist. Whatever is asked for and not there must not
 * let everyone in: it is an error by its name.
 */

import { quote } from "../../core/problem.ts";
import type { Found } from "../table/found.ts";
import { settingAt } from "../table/check.ts";
import { named, type ValueKind } from "../values.ts";

/** (It makes no difference there whether it is 1 or 2: the file of the data source decides.) */
const way: ValueKind<"open" | "asked"> = named(
  new Map([
    ...["", "0", "false", "anonymous"].map((one) => [one, "open"] as const),
    ...["1", "2", "username", "clientid"].map((one) => [one, "asked"] as const),
  ]),
  "0 (anonymous), 1 (username) or 2 (clientid)",
);

const sources = ["free", "redis", "mysql", "postgresql", "http"] as const;
const titles = ["a file", "Redis", "MySQL", "PostgreSQL", "an HTTP server"] as const;

const datasource: ValueKind<number> = named(
  new Map([["", 0], ...sources.flatMap((one, i) => [[one, i], [String(i), i]] as const)]),
  "0 (free), 1 (redis), 2 (mysql), 3 (postgresql) or 4 (http)",
);

/** A value with its place, and what it is called there. */
export interface SaidOfAuth {
  readonly text: string;
  /** Of the key. */
  readonly where: string;
  /** `"auth.way"`, or nothing where the place says it all. */
  readonly name: string;
}

export interface ComqttAuth {
  readonly way?: SaidOfAuth;
  readonly datasource?: SaidOfAuth;
  readonly confPath?: SaidOfAuth;
  readonly blacklistPath?: SaidOfAuth;
}

export interface AuthRemark {
  readonly severity: "error" | "warning";
  readonly where: string;
  readonly message: string;
}

/** What it comes to here goes to `found`; without a way all of it means nothing, as there. */
export function takeComqttAuth(
  given: ComqttAuth,
  found: Found,
  names: { readonly confPath: string },
): AuthRemark[] {
  if (given.way === undefined) return [];
  const asked = way.parse(given.way.text);
  if (asked === undefined) return [wrong(given.way, way.accepted)];
  if (asked === "open") return [];
  const source = datasource.parse(given.datasource?.text ?? "");
  if (source === undefined) return [wrong(given.datasource!, datasource.accepted)];
  if (source > 0) {
    const why = `access control from ${titles[source]} is not supported yet`;
    return [{
      severity: "error",
      where: given.datasource!.where,
      message: `${cannot(given.datasource!)}: ${why}`,
    }];
  }
  const { confPath, blacklistPath } = given;
  if (confPath === undefined || confPath.text === "") {
    const why =
      `with datasource 0 comqtt 2 lets nobody in; here ${names.confPath} may name a ledger with users and rules`;
    return [{ severity: "error", where: given.way.where, message: `${cannot(given.way)}: ${why}` }];
  }
  found.set(
    "auth",
    [{ type: "ledger", values: { ledger: confPath.text }, place: confPath.where }],
    confPath.where,
  );
  if (blacklistPath !== undefined && blacklistPath.text !== "") {
    found.set("blacklist", blacklistPath.text, blacklistPath.where, settingAt("blacklist"));
  }
  const message = `With datasource 0 comqtt 2 lets nobody in; here the ledger ${
    quote(confPath.text)
  } says who may connect`;
  return [{ severity: "warning", where: given.way.where, message }];
}

function cannot({ text, name }: SaidOfAuth): string {
  return `Cannot use ${quote(text)}${name === "" ? "" : ` for ${quote(name)}`}`;
}

function wrong(said: SaidOfAuth, accepted: string): AuthRemark {
  return { severity: "error", where: said.where, message: `${cannot(said)}, expected ${accepted}` };
}
