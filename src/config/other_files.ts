/** Files that somebody who comes from another broker gives to `--conf`: recognised, so that the answer can say what to do. */

import { isMosquitto, significantLines, wordsOf } from "./mosquitto/recognise.ts";
import type { TopLevel } from "./yaml/yaml_reader.ts";

const page = "docs/coming-from.md";

/** What a file is that is no YAML of ours, with what to do instead; null: it is not known. */
export function otherText(text: string): string | null {
  const lines = significantLines(text);
  if (lines.length === 0) return null;
  if (lines.every((line) => /^[^:\s]+:\$(?:6|7|argon2id)\$/.test(line))) {
    return `This is a password_file of mosquitto, not a configuration: --users FILE takes it as it is (${page})`;
  }
  const words = wordsOf(lines);
  if (words === null) return null;
  if (words.has("topic") || words.has("pattern")) {
    if ([...words.keys()].every((word) => ["user", "topic", "pattern"].includes(word))) {
      return `This is an acl_file of mosquitto, not a configuration: a file with "acl: { mosquitto: FILE }" takes it as it ` +
        `is (${page})`;
    }
  }
  if (!isMosquitto(text)) return null;
  return `This is a configuration of mosquitto, whose lines are written differently here (${page}): ` +
    '"comqtt config migrate FILE" writes it for this program';
}

/** The same of a file that is YAML. */
export function otherYaml({ list, keys }: TopLevel): string | null {
  const has = (...names: readonly string[]): boolean => names.every((name) => keys.has(name));
  if (list) {
    if (!has("username", "hash")) return null;
    return `These are the users of comqtt 2's dashboard, not a configuration: there is no dashboard yet (${page})`;
  }
  const accessFrom = plugInOf(keys);
  if (accessFrom !== null) {
    return `This is a plug-in file of comqtt 2, access control from ${accessFrom}, not a configuration: that belongs to ` +
      `"auth.conf-path", and is not supported yet (${page})`;
  }
  if (has("kafkaOptions")) {
    return 'This is a plug-in file of comqtt 2, the bridge to Kafka, not a configuration: that belongs to "bridge-path", ' +
      `and is not supported yet (${page})`;
  }
  if (!isLedger(keys)) return null;
  return `These are the rules of a ledger, not a configuration: a file with "auth: [{ ledger: FILE }]" takes them as they are, ` +
    `one with "blacklist: FILE" what they refuse (${page})`;
}

/** (Ours has the same names at the top, and other things below them.) */
function isLedger(keys: TopLevel["keys"]): boolean {
  if (![...keys.keys()].every((key) => ["users", "auth", "acl"].includes(key))) return false;
  const inRules = ["username", "remote", "password", "allow", "filters"];
  const has = (name: string): boolean => inRules.some((key) => keys.get(name)?.keys.includes(key) === true);
  return keys.get("users")?.kind === "mapping" ||
    (keys.get("users") === undefined && (has("auth") || has("acl")));
}

/** Where the users are that a plug-in file is about. */
function plugInOf(keys: TopLevel["keys"]): string | null {
  const about = (name: string, inner: string): boolean => keys.get(name)?.keys.includes(inner) === true;
  if (keys.has("redisOptions")) return "Redis";
  if (keys.has("authUrl") || keys.has("aclUrl")) return "an HTTP server";
  if (!keys.has("dsn")) return null;
  return about("dsn", "sslmode") ? "PostgreSQL" : "MySQL";
}
