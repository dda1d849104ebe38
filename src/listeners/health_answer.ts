/** What a health check is told: a plain 200, or what is wrong. */

import type { Figures } from "../core/figures/figures.ts";
import type { StorageStatus } from "../storage/storage.ts";

/** Where the state of the storage is found; a server without one has null. */
export interface HealthSource {
  readonly storage?: StorageStatus | null;
  /** Whether its listeners are open. */
  readonly figures?: Figures;
}

/**
 * 200 without a body when all is well; 200 with JSON when damaged data was put aside at start, or data was missing; 503
 * with JSON while the storage cannot be written.
 */
export function healthAnswer({ storage = null }: HealthSource): Response {
  if (storage === null || isWell(storage)) return aliveAnswer();
  // (What is undefined is left out.)
  const { name, failing, quarantined, damage } = storage;
  const status = failing === null ? "degraded" : "failing";
  return told(failing === null ? 200 : 503, { status, storage: { name, failing, quarantined, damage } });
}

/** 200 without a body: whoever hears it knows that the event loop lives. */
export function aliveAnswer(): Response {
  return new Response(null, { status: 200, headers: { "cache-control": "no-store", "content-length": "0" } });
}

/**
 * 200 without a body when clients may be sent: what an earlier run left is there, all listeners are open, and the storage can
 * be written; else 503 with JSON that says what is missing.
 */
export function readyAnswer({ figures, storage = null }: HealthSource): Response {
  const { opening = [], serving = true } = figures?.readiness ?? {};
  const failing = storage?.failing ?? null;
  if (serving && opening.length === 0 && failing === null) return aliveAnswer();
  return told(503, {
    status: "not ready",
    serving,
    opening,
    ...(failing === null ? {} : { storage: { name: storage!.name, failing } }),
  });
}

function told(status: number, what: unknown): Response {
  return new Response(`${JSON.stringify(what, null, "\t")}\n`, {
    status,
    headers: { "cache-control": "no-store", "content-type": "application/json" },
  });
}

function isWell({ failing, quarantined, damage }: StorageStatus): boolean {
  return failing === null && quarantined === null && damage === undefined;
}
