/** A test of the standard: what it shows is written in its call, where `table.ts` reads it. */

import { test } from "node:test";

/** The standards there is a manifest for: 3 is MQTT 3.1.1, 5 is MQTT 5.0. */
export type Standard = 3 | 5;

/** A broker that never answers fails a test, it does not hold up the others. */
const TIMEOUT_MS = 30_000;

/**
 * Registers a test that fails when the broker violates one of these statements. Call it with literals: a version, an
 * array of strings, a name. A name that is put together must be a template literal.
 */
export function conforms(
  version: Standard,
  ids: readonly string[],
  name: string,
  run: () => Promise<void>,
): void {
  if (ids.length === 0) {
    throw new RangeError(`Cannot register "${name}" for MQTT ${version}: no statement named`);
  }
  test(`${name} ${ids.map((id) => `[${id}]`).join(" ")}`, { timeout: TIMEOUT_MS }, run);
}
