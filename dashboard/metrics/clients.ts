/** Who is connected, and who was not let in. */

import { passwordChecks } from "../../hooks/auth/passwords/checks.ts";
import type { RefusalKind } from "../../src/core/stats.ts";
import { type Metric, snakeCase } from "./metric.ts";

export const clients: readonly Metric[] = [
  {
    name: "comqtt_connections",
    type: "gauge",
    help: "Open connections, before CONNECT as well",
    read: ({ stats }) => stats.connections,
  },
  {
    name: "comqtt_listener_connections",
    type: "gauge",
    label: "listener",
    help: "Open connections by the listener they came in through; local: of the program itself",
    read: ({ figures }) => figures?.listeners.map(({ id, open }) => [id, open] as const) ?? null,
  },
  {
    name: "comqtt_listener_accepted",
    type: "counter",
    label: "listener",
    help: "Connections there ever were, by listener, those included that were turned away",
    read: ({ figures }) => figures?.listeners.map(({ id, accepted }) => [id, accepted] as const) ?? null,
  },
  {
    name: "comqtt_handshakes",
    type: "gauge",
    help: "Opening handshakes under way: TLS, WebSocket and the head of an HTTP request",
    read: ({ stats }) => stats.handshakes,
  },
  {
    name: "comqtt_clients_connected",
    type: "gauge",
    help: "Clients that are connected",
    read: ({ stats }) => stats.clientsConnected,
  },
  {
    name: "comqtt_clients_maximum",
    type: "gauge",
    help: "The most clients that were connected at once",
    read: ({ stats }) => stats.clientsMaximum,
  },
  {
    name: "comqtt_clients_accepted",
    type: "counter",
    help: "Clients that ever connected",
    read: ({ stats }) => stats.clientsTotal,
  },
  {
    name: "comqtt_sessions",
    type: "gauge",
    help: "Sessions, connected or not",
    read: ({ info }) => info.clients_total,
  },
  {
    name: "comqtt_sessions_expired",
    type: "counter",
    help: "Sessions that ended because their client stayed away",
    read: ({ stats }) => stats.sessionsExpired,
  },
  {
    name: "comqtt_subscriptions",
    type: "gauge",
    help: "Subscriptions, shared ones included",
    read: ({ stats }) => stats.subscriptions,
  },
  {
    name: "comqtt_shared_subscriptions",
    type: "gauge",
    help: "Shared subscriptions",
    read: ({ stats }) => stats.sharedSubscriptions,
  },
  {
    name: "comqtt_refused",
    type: "counter",
    label: "reason",
    help: "Connections, packets and messages that were refused",
    read: ({ stats }) =>
      (Object.keys(stats.refused) as RefusalKind[]).map((kind) => [snakeCase(kind), stats.refused[kind]]),
  },
  {
    name: "comqtt_failed_logins",
    type: "counter",
    help: "Clients that authentication has refused",
    read: ({ stats }) => stats.failedLogins,
  },
  {
    name: "comqtt_bans",
    type: "gauge",
    help: "Bans in force",
    read: ({ stats }) => stats.bans,
  },
  {
    name: "comqtt_addresses_banned",
    type: "counter",
    help: "Addresses that were banned because of too many failed logins",
    read: ({ stats }) => stats.addressesBanned,
  },
  {
    name: "comqtt_connects_delayed",
    type: "counter",
    help: "CONNECT packets that had to wait because of abuse",
    read: ({ stats }) => stats.connectsDelayed,
  },
  {
    name: "comqtt_connects_delaying",
    type: "gauge",
    help: "CONNECT packets that wait because of abuse",
    read: ({ stats }) => stats.connectsDelaying,
  },
  {
    name: "comqtt_password_checks",
    type: "counter",
    label: "result",
    help: "Passwords that were compared with a hash, of all servers of the process; busy: too many were",
    read: () => Object.entries(passwordChecks.counts),
  },
  {
    name: "comqtt_password_checks_running",
    type: "gauge",
    help: "Slow hashes of passwords that are being computed, of all servers of the process",
    read: () => passwordChecks.running,
  },
  {
    name: "comqtt_password_checks_waiting",
    type: "gauge",
    help: "Passwords that wait for that",
    read: () => passwordChecks.waiting,
  },
];
