/** Which rules are about a client, without asking all of them. */

import { quoted } from "../../../src/core/quoted.ts";
import { type Pattern, patternMatches, type Remote, remoteMatches } from "./pattern.ts";

/** Whom a rule is about. */
export interface Identity {
  readonly client: Pattern;
  readonly username: Pattern;
  readonly remote: Pattern;
}

/** Who a client is. */
export interface Who {
  readonly client: string;
  readonly username: string;
  readonly remote: Remote;
}

/** For people. */
export function whoText({ client, username, remote }: Identity): string {
  const named = [["client", client], ["user", username], ["address", remote]] as const;
  const parts = named.flatMap(([what, pattern]) =>
    pattern.kind === "any"
      ? []
      : [`${what} ${quoted(pattern.kind === "prefix" ? `${pattern.text}*` : pattern.text, SHOWN)}`]
  );
  return parts.length === 0 ? EVERYONE : parts.join(", ");
}

export const EVERYONE = "everyone";
/** Characters of a name. */
const SHOWN = 60;

export interface Rule {
  /** Its place in the order. */
  readonly index: number;
  readonly about: Identity;
}

/** Rules that name one user or one client are found by that name. */
export class RulesByIdentity<R extends Rule> {
  readonly #byUsername: Map<string, R[]> = new Map();
  readonly #byClient: Map<string, R[]> = new Map();
  readonly #others: R[] = [];

  constructor(rules: readonly R[]) {
    for (const rule of rules) this.#listFor(rule.about).push(rule);
  }

  /** Those that are about this client, in their order. */
  about(who: Who): R[] {
    const found: R[] = [];
    const lists = [this.#byUsername.get(who.username), this.#byClient.get(who.client), this.#others];
    for (const list of lists) {
      if (list !== undefined) found.push(...list.filter((rule) => isAbout(rule.about, who)));
    }
    return found.sort((a, b) => a.index - b.index);
  }

  #listFor({ username, client }: Identity): R[] {
    if (username.kind === "exact") return listIn(this.#byUsername, username.text);
    if (client.kind === "exact") return listIn(this.#byClient, client.text);
    return this.#others;
  }
}

function isAbout(about: Identity, who: Who): boolean {
  return patternMatches(about.client, who.client) && patternMatches(about.username, who.username) &&
    remoteMatches(about.remote, who.remote);
}

function listIn<R>(map: Map<string, R[]>, key: string): R[] {
  let list = map.get(key);
  if (list === undefined) map.set(key, list = []);
  return list;
}
