/** Where what belongs to access is kept, whatever keeps the messages. */

import { dirname } from "node:path";
import { storageChoice, type StorageValues } from "../../config/storage.ts";

/** The directory for data; null: there is none. */
export function accessDirectory(
  values: { readonly data?: string; readonly storage: Partial<StorageValues> },
): string | null {
  if (values.data !== undefined) return values.data;
  const choice = storageChoice(values);
  return choice.type === "sqlite" ? dirname(choice.path) : null;
}
