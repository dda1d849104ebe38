/** The users of `comqtt users`, as a back end of the chain. */

import type { BackEndLink } from "./chain.ts";

export interface StoreAsked {
  readonly key: string;
  /** Of the hook. */
  readonly id: string;
  /** The directory for data; null: none, its users are in memory. */
  readonly data: string | null;
}

/** It is opened when the server begins with it. */
export async function storeLink({ key, id, data }: StoreAsked): Promise<BackEndLink> {
  const { StoredUsers } = await import("../../../hooks/auth/access_store.ts");
  const hook = new StoredUsers({ id, ...(data === null ? {} : { directory: data }) });
  // (What users may do is said by their rules and roles.)
  return { key, hooks: [hook], backEnd: hook, open: false, disguise: true };
}
