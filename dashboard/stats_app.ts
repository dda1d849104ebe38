/**
 * What the HTTP listener answers: whether the broker is alive, and its figures.
 *
 * @module
 */

import { Hono } from "hono";
import type { Figures } from "../src/core/figures/figures.ts";
import type { LatenessFigures } from "../src/core/lateness.ts";
import type { MemoryFigures } from "../src/core/overload.ts";
import type { RefusalKind, Stats } from "../src/core/stats.ts";
import type { SystemInfo } from "../src/core/system_info.ts";
import { aliveAnswer, healthAnswer, readyAnswer } from "../src/listeners/health_answer.ts";
import type { StorageStatus } from "../src/storage/storage.ts";
import { CONTENT_TYPES, exposition, formOf } from "./metrics/exposition.ts";
import { type Moment, snakeCase } from "./metrics/metric.ts";
import { type MetricAliases, metricsWith } from "./metrics/table.ts";
import { refusedHost } from "./stats_host.ts";

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
  /** How long things take, what came in where, and whether clients may come. */
  readonly figures?: Figures;
  /** The figures of this moment. */
  info(): SystemInfo;
}

/** What of it is shown, and to whom. */
export interface StatsAppOptions {
  /** Metrics have these names as well: those that mosquitto-exporter makes, or those of EMQX. Default: none. */
  readonly aliases?: readonly MetricAliases[];
  /**
   * The address of the listener. At a loopback address requests have to be for a name of this machine, else they get 421:
   * a page elsewhere whose name leads to 127.0.0.1 may not read anything. Left out: whoever asks is answered.
   */
  readonly at?: () => string;
}

/** Answers an HTTP request. */
export type StatsHandler = (request: Request) => Promise<Response>;

/**
 * A handler for an `HttpListener` or any other HTTP server: `GET /`, the figures as JSON; `GET /metrics`, the same and more
 * for Prometheus, in its text format or, by `Accept`, as OpenMetrics; and three about health. `/healthz`: 200 as long as
 * the event loop lives. `/readyz`: 200 when clients may be sent, else 503 with JSON that says what is missing. `/healthcheck`: 200,
 * without a body when all is well and with JSON when damaged data was put aside at start; 503 and JSON that says why while
 * the storage cannot be written.
 */
export function statsApp(source: StatsSource, options: StatsAppOptions = {}): StatsHandler {
  const { aliases = [], at } = options;
  const app = new Hono();
  const metrics = metricsWith(aliases);
  const health: Readonly<Record<string, () => Response>> = {
    "/healthcheck": () => healthAnswer(source),
    "/healthz": aliveAnswer,
    "/readyz": () => readyAnswer(source),
  };
  app.use(async ({ req }, next) => {
    const refused = at === undefined ? null : refusedHost(at(), req.raw);
    if (refused === null) return await next();
    // (Probes ask under all kinds of names. The status tells nobody anything; what is wrong is nobody's business.)
    const answer = health[req.path];
    return answer === undefined ? refused : new Response(null, { status: answer().status });
  });
  for (const [path, answer] of Object.entries(health)) app.get(path, answer);
  app.get("/", () => json(200, figures(source)));
  app.get("/metrics", ({ req }) => {
    const form = formOf(req.header("accept") ?? "");
    return new Response(exposition(metrics, momentOf(source), form), {
      headers: { "content-type": CONTENT_TYPES[form], "cache-control": "no-store", "vary": "accept" },
    });
  });
  for (const path of [...Object.keys(health), "/", "/metrics"]) {
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

function momentOf(source: StatsSource): Moment {
  return {
    info: source.info(),
    stats: source.stats,
    storage: source.storage ?? null,
    lateness: source.lateness ?? null,
    memory: source.memory ?? null,
    figures: source.figures ?? null,
  };
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
