/** From rules as they are written to rules as they are asked. */

import { quote } from "../../../src/core/problem.ts";
import { quoted } from "../../../src/core/quoted.ts";
import { acceptedHashes } from "../passwords/parse.ts";
import { filterFault } from "../rules/filters.ts";
import { LedgerError, type LedgerProblem } from "./error.ts";
import { FieldReader } from "./fields.ts";
import { EVERYTHING, type Grant } from "./grants.ts";
import { type Identity, whoText } from "./identity.ts";
import { ObjectSource } from "./object_source.ts";
import { type Pattern, patternOf, remotePatternOf } from "./pattern.ts";
import { type AclRule, type AuthRule, Rulebook, type User } from "./rulebook.ts";
import { ruleSecret, type Secret, userSecret } from "./secret.ts";
import type { Source } from "./source.ts";
import { type RulesFile, yamlSource } from "./yaml_source.ts";

/** Throws a `LedgerError` with all that is wrong. */
export function compileObjects(rules: unknown): Rulebook {
  return compile(new ObjectSource(rules), []);
}

/** Throws a `LedgerError` with all that is wrong. */
export function compileText(file: RulesFile): Rulebook {
  const { source, problems } = yamlSource(file);
  if (problems.length > 0) throw new LedgerError(problems);
  return compile(source, problems);
}

function compile(source: Source, problems: LedgerProblem[]): Rulebook {
  const reader = new FieldReader(problems);
  const users = new Map<string, User>();
  let auth: AuthRule[] = [];
  let acl: AclRule[] = [];
  reader.read(source, {
    users: (value) => {
      for (const { key, where, value: user } of reader.entries(value)) {
        users.set(key, readUser(reader, key, where, user));
      }
    },
    auth: (value) => auth = reader.items(value).map((item, i) => readAuthRule(reader, item, i)),
    acl: (value) => acl = reader.items(value).map((item, i) => readAclRule(reader, item, i)),
  });
  if (problems.length > 0) throw new LedgerError(problems);
  return new Rulebook(users, auth, acl);
}

function readUser(reader: FieldReader, name: string, where: string, source: Source): User {
  const who = `user ${quoted(name, 60)}`;
  let secret: Secret | null = null;
  let allow = true;
  let grants: Grant[] = [];
  reader.read(source, {
    username: (value) => {
      const given = reader.text(value);
      if (given === name || given === "") return;
      reader.wrong(value, `${quote(name)}, under which the user is listed, or nothing`, quote(given));
    },
    password: (value) => {
      const text = readText(reader, value);
      if (text !== "") secret = checkable(reader, value, userSecret(text));
    },
    acl: (value) => grants = readFilters(reader, value, who),
    disallow: (value) => allow = !reader.flag(value),
  });
  return { secret, allow, named: true, grants, where, who };
}

function readAuthRule(reader: FieldReader, source: Source, index: number): AuthRule {
  const about = everyone();
  let secret: Secret | null = ruleSecret("");
  let allow = false;
  readItem(reader, source, {
    ...identityFields(reader, about),
    password: (value) => secret = checkable(reader, value, ruleSecret(readText(reader, value))),
    allow: (value) => allow = reader.flag(value),
  });
  const named = about.username.kind === "exact";
  return { index, about, secret: secret!, allow, named, where: source.where, who: whoText(about) };
}

function readAclRule(reader: FieldReader, source: Source, index: number): AclRule {
  const about = everyone();
  let filters: Source | null = null;
  readItem(reader, source, {
    ...identityFields(reader, about),
    filters: (value) => filters = value,
  });
  const who = whoText(about);
  const grants = filters === null ? [] : readFilters(reader, filters, who);
  return {
    index,
    about,
    grants: grants.length === 0 ? [{ ...EVERYTHING, where: source.where, who }] : grants,
  };
}

/** A dash with nothing behind it would be a rule about everyone. */
function readItem(reader: FieldReader, source: Source, fields: Parameters<FieldReader["read"]>[1]): void {
  if (source.kind === "nothing") reader.wrong(source, "a rule");
  else reader.read(source, fields);
}

/** Whom a rule is about. Nothing at all is anyone, as in comqtt's files. */
function readName(reader: FieldReader, source: Source): string {
  return source.kind === "nothing" && source.blank ? "" : readText(reader, source);
}

/** To YAML `#secret` is a comment: what is left would be true of everyone. */
function readText(reader: FieldReader, source: Source): string {
  if (source.kind !== "nothing") return reader.text(source);
  reader.wrong(source, 'a text, "" or "*" for any');
  return "";
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function everyone(): Mutable<Identity> {
  const matchesAll: Pattern = { kind: "any" };
  return { client: matchesAll, username: matchesAll, remote: matchesAll };
}

function identityFields(
  reader: FieldReader,
  about: Mutable<Identity>,
): Record<keyof Identity, (value: Source) => void> {
  return {
    client: (value) => about.client = patternOf(readName(reader, value)),
    username: (value) => about.username = patternOf(readName(reader, value)),
    remote: (value) => about.remote = remotePatternOf(readName(reader, value)),
  };
}

function checkable(reader: FieldReader, source: Source, secret: Secret | null): Secret | null {
  if (secret === null) {
    reader.problem(
      source.where,
      `Cannot use this password: it looks like a hash, expected ${acceptedHashes}`,
    );
  }
  return secret;
}

function readFilters(reader: FieldReader, source: Source, who: string): Grant[] {
  const grants = reader.entries(source).map(({ key, where, value }) => {
    const fault = filterFault(key);
    if (fault !== null) reader.problem(where, `Cannot use the filter ${quote(key)}: ${fault}`);
    return { filter: key, access: reader.access(value), where, who };
  });
  if (source.kind === "mapping" && source.moved !== null) {
    reader.problem(
      source.where,
      `Cannot use an object with the key ${
        quote(source.moved)
      }, which JavaScript moves to the front, expected a Map`,
    );
  }
  return grants;
}
