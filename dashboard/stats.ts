/**
 * The figures of a server over HTTP: as a listener, or as a handler for an HTTP server that exists already.
 *
 * @module
 */

export type { MetricAliases } from "./metrics/table.ts";
export { statsApp, type StatsAppOptions, type StatsHandler, type StatsSource } from "./stats_app.ts";
export { StatsListener, type StatsListenerOptions } from "./stats_listener.ts";
