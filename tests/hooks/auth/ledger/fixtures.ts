/** Clients and questions for ledgers, without a broker. */

import assert from "node:assert/strict";
import { Ledger, LedgerError, type LedgerRules } from "../../../../hooks/auth/ledger.ts";
import type { Action, Client, ConnectOpinion, Opinion } from "../../../../src/hook/hook.ts";

export interface Someone {
  readonly id?: string;
  readonly username?: string;
  readonly remote?: string;
  readonly password?: string | null;
}

export function clientOf({ id = "c", username = "", remote = "127.0.0.1:5000" }: Someone = {}): Client {
  return {
    id,
    username,
    remoteAddress: remote,
    listener: "tcp",
    certificate: null,
    version: 5,
    cleanStart: true,
    keepAlive: 0,
    sessionExpiryInterval: 0,
    properties: {},
    connectedAt: 0,
    inline: false,
    data: undefined,
  };
}

export function connects(ledger: Ledger, someone: Someone): ConnectOpinion | Promise<ConnectOpinion> {
  const { username = null, password = null } = someone;
  const bytes = password === null ? null : new TextEncoder().encode(password);
  return ledger.onConnectAuthenticate(clientOf(someone), { username, password: bytes });
}

export function may(ledger: Ledger, action: Action, topic: string, someone: Someone = {}): Opinion {
  return ledger.onAclCheck(clientOf(someone), action, topic);
}

/** What is wrong with rules, a line each. */
export function problemsOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof LedgerError, String(error));
    const lines = error.problems.map(({ where, message }) => `${where}: ${message}`);
    assert.equal(error.message, lines.join("\n"));
    return lines;
  }
  return [];
}

/** The same rules as objects, as JSON, and as YAML in the notation of JSON's parent. */
export function ledgersOf(rules: LedgerRules): readonly (readonly [string, Ledger])[] {
  const json = JSON.stringify(rules, null, "\t");
  return [["objects", new Ledger(rules)], ["JSON", Ledger.parse(json, "ledger.json")], [
    "YAML",
    Ledger.parse(yaml(rules as unknown as Json), "ledger.yml"),
  ]];
}

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** In block style, every text in quotes. */
function yaml(value: Json, indent = ""): string {
  if (typeof value !== "object") return `${JSON.stringify(value)}\n`;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return "\n" + value.map((item: Json) => `${indent}-\n${deeper}${block(item, deeper)}`).join("");
  }
  return "\n" + indent + block(value, indent);
}

function block(value: Json, indent: string): string {
  if (typeof value !== "object" || Array.isArray(value)) return yaml(value, indent).trimStart();
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}\n";
  return entries.map(([key, inner]) => `${JSON.stringify(key)}: ${yaml(inner, `${indent}  `)}`).join(indent);
}
