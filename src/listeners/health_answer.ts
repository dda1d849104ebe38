/** What a health check is told: a plain 200, or what is wrong. */

import type { StorageStatus } from "../storage.ts";

/** Where the state of the storage is found; a server without one has null. */
export interface HealthSource {
  readonly storage?: StorageStatus | null;
}

/**
 * 200 without a body when all is well; 200 with JSON when damaged data was put aside at start; 503 with JSON while
 * the storage cannot be written.
 */
export function healthAnswer({ storage = null }: HealthSource): Response {
  const headers = { "cache-control": "no-store" };
  if (storage === null || (storage.failing === null && storage.quarantined === null)) {
    return new Response(null, { status: 200, headers: { ...headers, "content-length": "0" } });
  }
  const { name, failing, quarantined } = storage;
  const status = failing === null ? "degraded" : "failing";
  return new Response(
    `${JSON.stringify({ status, storage: { name, failing, quarantined } }, null, "\t")}\n`,
    {
      status: failing === null ? 200 : 503,
      headers: { ...headers, "content-type": "application/json" },
    },
  );
}
