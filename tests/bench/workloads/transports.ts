/** The same messages through TLS and WebSocket, and what a TLS handshake costs. */
import { CPU, field, type Metric, scaled, THROUGHPUT, type Workload } from "../workload.ts";

const TRAFFIC: readonly Metric[] = [
  { title: "throughput", unit: "messages/s", of: field(THROUGHPUT) },
  { title: "broker CPU per message", unit: "µs", of: field(CPU) },
];

/** As `pair-100`, with which it is to be compared. */
function pair(scale: number): ReturnType<Workload["runs"]> {
  const messages = scaled(10_000, scale);
  return [{ mode: "pair", clients: 100, messages, warmup: messages / 10 }];
}

export const TRANSPORTS: readonly Workload[] = [
  {
    name: "tls-pair-100",
    title: "pair-100 over TLS 1.3, AES-128-GCM",
    payloads: "smallest",
    transport: "tls",
    fresh: false,
    runs: pair,
    metrics: TRAFFIC,
  },
  {
    name: "tls-qos1-10",
    title: "qos1-10 over TLS 1.3: 10 clients, each to itself, QoS 1, window 100",
    payloads: "smallest",
    transport: "tls",
    fresh: false,
    runs: (scale) => [
      { mode: "pair", clients: 10, qos: 1, window: 100, warmup: 2000, seconds: scaled(3, scale, 1) },
    ],
    metrics: TRAFFIC,
  },
  {
    name: "ws-pair-100",
    title: "pair-100 over WebSocket, several packets in one masked message",
    payloads: "smallest",
    transport: "ws",
    fresh: false,
    runs: pair,
    metrics: TRAFFIC,
  },
  {
    name: "tls-connects",
    title: "4,000 connects over TLS 1.3, 20 at a time: ECDSA P-256, no resumption, CONNECT, CONNACK and away",
    payloads: "smallest",
    transport: "tls",
    fresh: false,
    runs: (
      scale,
    ) => [{ mode: "connects", clients: 20, messages: scaled(200, scale), warmup: scaled(25, scale) }],
    // (Not how many a second: the client's half of a handshake costs the load as much, it would be the load's number.)
    metrics: [{ title: "broker CPU per connect", unit: "µs", of: field("broker_cpu_us_per_connect") }],
  },
];
