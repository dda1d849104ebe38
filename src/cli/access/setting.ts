/**
 * What holds of access: what the configuration says, and where it says nothing the users that are kept. Who has made
 * users with `comqtt users` must not find everybody let in because nothing tells the broker to ask them.
 */

import { accessChoice, type AccessSetting, accessSettings } from "../../config/access/choice.ts";
import type { Configuration } from "../../config/configuration.ts";
import { dataDirectory } from "../../config/data_directory.ts";
import { quote } from "../../core/problem.ts";
import { ACCESS_FILE } from "../../../hooks/auth/store/access_file.ts";
import { builtin } from "../../runtime/builtin.ts";

export interface AccessFound {
  readonly setting: AccessSetting;
  /** What is to be said of it; null: nothing. */
  readonly remark: string | null;
}

/** Rejects with a `StorageError` when there are users, or may be, and they cannot be read. */
export async function accessFound(configuration: Configuration): Promise<AccessFound> {
  const setting = accessChoice(configuration);
  const { values } = configuration;
  const directory = dataDirectory(values);
  const said = accessSettings.some((name) => values[name as keyof typeof values] !== undefined);
  if (said || directory === null) return { setting, remark: null };
  const path = builtin("path").join(directory, ACCESS_FILE);
  // (What is there without users, bans for example, changes nothing.)
  if (!builtin("fs").existsSync(path)) return { setting, remark: null };
  const { hasUsers } = await import("../../../hooks/auth/store/has_users.ts");
  if (!hasUsers(directory)) return { setting, remark: null };
  return {
    setting: { ...setting, backEnds: [{ kind: "store", where: path }], anonymous: "deny" },
    remark: `The users of ${quote(path)} are asked: nothing else is said about access`,
  };
}
