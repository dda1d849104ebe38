/** Where the program keeps what is its own besides the messages. */

import { builtin } from "../runtime/builtin.ts";
import { storageChoice, type StorageValues } from "./storage.ts";

type Values = { readonly data?: string; readonly storage: Partial<StorageValues> };

/** The directory that is named, or the one with the database; null: there is none, everything is in memory or elsewhere. */
export function dataDirectory(values: Values): string | null {
  if (values.data !== undefined) return values.data;
  const choice = storageChoice(values);
  return choice.type === "sqlite" ? builtin("path").dirname(choice.path) : null;
}

/** The socket of a broker whose data is in that directory. */
export function socketIn(directory: string): string {
  return builtin("path").join(directory, "comqtt.sock");
}
