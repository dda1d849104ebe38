/** From settings to the hooks that say who may connect, and what clients may do. */

import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { Hook } from "../hook/hook.ts";

export interface Access {
  /** In the order in which they are asked. */
  readonly hooks: readonly Hook[];
  /** What is in files is read again. Rejects with an Error. */
  readonly reload: (() => Promise<string>) | null;
}

/** With a file of users nobody connects without a password; without one everybody may. All may do everything. */
export async function accessOf(users: string | undefined): Promise<Access> {
  if (users === undefined) return { hooks: [new AllowAll()], reload: null };
  const { Users } = await import("../../hooks/auth/users.ts");
  const hook = new Users({ file: users });
  const topics: Hook = { id: "all-topics", onAclCheck: () => "allow" };
  const reload = async (): Promise<string> => {
    await hook.reload();
    return `the users were read again: ${hook.size}`;
  };
  return { hooks: [hook, topics], reload };
}
