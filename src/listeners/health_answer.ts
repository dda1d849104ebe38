/** What a health check is told: a plain 200, or what is wrong. */

import type { StorageStatus } from "../storage/storage.ts";

/** Where the state of the storage is found; a server without one has null. */
export interface HealthSource {
  readonly storage?: StorageStatus | null;
}

/**
 * 200 without a body when all is well; 200 with JSON when damaged data was put aside at start, or data was missing; 503
 * with JSON while the storage cannot be written.
 */
export function healthAnswer({ storage = null }: HealthSource): Response {
  const headers = { "cache-control": "no-store" };
  if (storage === null || isWell(storage)) {
    return new Response(null, { status: 200, headers: { ...headers, "content-length": "0" } });
  }
  // (What is undefined is left out.)
  const { name, failing, quarantined, damage } = storage;
  const status = failing === null ? "degraded" : "failing";
  return new Response(
    `${JSON.stringify({ status, storage: { name, failing, quarantined, damage } }, null, "\t")}\n`,
    {
      status: failing === null ? 200 : 503,
      headers: { ...headers, "content-type": "application/json" },
    },
  );
}

function isWell({ failing, quarantined, damage }: StorageStatus): boolean {
  return failing === null && quarantined === null && damage === undefined;
}
