/** The users of `comqtt users`, as a back end of the chain. */

import { CodedError } from "../../core/errors.ts";
import type { BackEndLink } from "./chain.ts";

export interface StoreAsked {
  readonly key: string;
  /** Of the hook. */
  readonly id: string;
  /** The directory for data; undefined: none, its users are in memory. */
  readonly data: string | undefined;
}

/** What is wrong with asking for it; null: nothing. */
export function storeFault(): string | null {
  return 'Cannot use "store": it is not there yet, expected users, ledger or mosquitto';
}

/** Rejects with an Error when its database cannot be used. */
export function storeLink(_asked: StoreAsked): Promise<BackEndLink> {
  return Promise.reject(new CodedError("config-invalid", storeFault() ?? ""));
}
