/** `comqtt ban add|remove|list`: of the running broker, or of a directory while none runs. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Ban, BanKind } from "../../../hooks/auth/bans.ts";
import { banText } from "../../../hooks/auth/bans/ban.ts";
import { ACCESS_FILE } from "../../../hooks/auth/store/access_file.ts";
import { accessDirectory } from "../../config/storage.ts";
import { duration } from "../../config/values.ts";
import { CodedError } from "../../core/errors.ts";
import { quote } from "../../core/problem.ts";
import { printable } from "../../core/quoted.ts";
import { type CommandBans, KeptBans, SocketBans } from "../access/command_bans.ts";
import { reach } from "../access/reach.ts";
import type { Call } from "../call.ts";

const DAY = 86_400;
/** `30m`, `2h`, `7d`. */
const time = duration("s", [1, 3650 * DAY]);
const SHOWN = 200;

/** Another end or reason for one that is there already. */
export async function addBan(call: Call): Promise<string> {
  const [kind, value] = call.operands as [BanKind, string];
  const until = endOf(call);
  const [reason = ""] = call.given.get("reason") ?? [];
  return await withBans(call, async (bans) => {
    const ban = await bans.add({ kind, value, reason, until });
    return `${banText(ban)} is banned ${endText(ban)}\n`;
  }, true);
}

export async function removeBan(call: Call): Promise<string> {
  const [kind, value] = call.operands as [BanKind, string];
  return await withBans(call, async (bans) => {
    const found = await bans.remove({ kind, value });
    return `${banText(found)} is banned no more\n`;
  });
}

/** A line for each, or JSON. */
export async function listBans(call: Call): Promise<string> {
  return await withBans(call, async (bans) => {
    const all = await bans.list();
    if (call.given.has("json")) return `${JSON.stringify(all, null, "\t")}\n`;
    const rows = all.map((ban) => [
      ban.kind,
      printable(ban.value, SHOWN),
      endText(ban),
      ban.origin === "abuse" ? "(by itself)" : "",
      printable(ban.reason, SHOWN),
    ]);
    const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...rows.map((row) => row[i]!.length)));
    return rows.map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()}\n`)
      .join("");
  });
}

/** `makes`: the database is made when there is none. (A directory that is misspelt has none.) */
async function withBans(
  call: Call,
  work: (bans: CommandBans) => Promise<string>,
  makes = false,
): Promise<string> {
  const directory = accessDirectory(call.configuration.values);
  const bans = await reach<CommandBans>(call, {
    what: directory === null ? "use the bans" : `use the bans in ${quote(directory)}`,
    broker: (socket) => SocketBans.open(socket),
    database: () => {
      if (directory !== null && (makes || existsSync(join(directory, ACCESS_FILE)))) {
        return new KeptBans(directory);
      }
      if (directory !== null) {
        const advice = "comqtt ban add KIND VALUE --data DIR adds one";
        throw new CodedError("database-missing", `There are no bans in ${quote(directory)}; ${advice}`);
      }
      throw new CodedError(
        "database-missing",
        "Cannot look at bans: they are kept where --data DIR, COMQTT_DATA or data in the file of --conf says, and none of them does",
      );
    },
  });
  try {
    return await work(bans);
  } finally {
    bans.close();
  }
}

function endOf({ given }: Call): number | null {
  const [text] = given.get("for") ?? [];
  if (text === undefined) return null;
  const seconds = time.parse(text);
  if (seconds !== undefined) return Date.now() + seconds * 1000;
  throw new CodedError("usage-invalid", `Cannot use --for ${quote(text)}, expected ${time.accepted}`);
}

function endText({ until }: Ban): string {
  return until === null ? "until it is removed" : `until ${new Date(until).toISOString()}`;
}
