/**
 * What the HTTP listener answers: whether the broker is alive, and its figures.
 *
 * @module
 */

import { Hono } from "hono";
import type { LatenessFigures } from "../src/core/lateness.ts";
import type { MemoryFigures } from "../src/core/overload.ts";
import type { RefusalKind, Stats } from "../src/core/stats.ts";
import type { SystemInfo } from "../src/core/system_info.ts";
import { healthAnswer } from "../src/listeners/health_answer.ts";
import type { StorageStatus } from "../src/storage/storage.ts";

/** What the figures are taken from; a `Server` is one. */
export interface StatsSource {
  /** The live counters. */
  readonly stats: Readonly<Stats>;
  /** How its storage is; null, or left out: it has none. */
  readonly storage?: StorageStatus | null;
  /** How late its event loop was in the last minute. */
  readonly lateness?: LatenessFigures;
  /** How much memory it occupies, and whether it refuses anything for it. */
  readonly memory?: MemoryFigures;
  /** The figures of this moment. */
  info(): SystemInfo;
}

/** Answers an HTTP request. */
export type StatsHandler = (request: Request) => Promise<Response>;

/**
 * A handler for `GET /` (the figures as JSON) and `GET /healthcheck`, for an `HttpListener` or any other HTTP
 * server. A health check is answered with 200, without a body when all is well and with JSON when damaged data was
 * put aside at start; with 503 and JSON that says why while the storage cannot be written.
 */
export function statsApp(source: StatsSource): StatsHandler {
  const app = new Hono();
  app.get("/healthcheck", () => healthAnswer(source));
  app.get("/", () => json(200, figures(source)));
  for (const path of ["/healthcheck", "/"]) {
    app.all(path, () => json(405, { error: "Method not allowed" }, { allow: "GET, HEAD" }));
  }
  app.notFound(() => json(404, { error: "Not found" }));
  return async (request) => await app.fetch(request);
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return new Response(`${JSON.stringify(value, null, "\t")}\n`, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}

/** comqtt's fields, then what else is counted. */
function figures(source: StatsSource): unknown {
  const { stats } = source;
  return {
    ...source.info(),
    queued: stats.queued,
    handshakes: stats.handshakes,
    ...(isNothing(source.storage) ? {} : { storage: source.storage }),
    ...(source.lateness === undefined ? {} : { event_loop: eventLoop(source.lateness) }),
    ...((source.memory?.limit ?? 0) === 0 ? {} : { memory: source.memory }),
    abuse: {
      bans: stats.bans,
      addresses_banned: stats.addressesBanned,
      failed_logins: stats.failedLogins,
      connects_delayed: stats.connectsDelayed,
      connects_delaying: stats.connectsDelaying,
    },
    dropped: {
      slow: stats.droppedSlow,
      queue_full: stats.droppedQueueFull,
      memory: stats.droppedMemory,
      expired: stats.droppedExpired,
      too_large: stats.droppedTooLarge,
    },
    refused: Object.fromEntries(
      (Object.keys(stats.refused) as RefusalKind[]).map((kind) => [snakeCase(kind), stats.refused[kind]]),
    ),
  };
}

/** Milliseconds. */
function eventLoop({ max, p99, longest }: LatenessFigures): unknown {
  return {
    late_max: Math.round(max),
    late_p99: Math.round(p99),
    longest: longest === null ? null : { milliseconds: Math.round(longest.milliseconds), what: longest.what },
  };
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
