/**
 * An MQTT broker for MQTT 3.1, 3.1.1 and 5.0 to embed in a program, for Deno and Bun.
 *
 * A {@link Server} is a broker with listeners. Nobody may connect until a {@link Hook} lets them:
 *
 * ```ts
 * import { AllowAll, Server, TcpListener } from "@comqtt/comqtt";
 *
 * const server = new Server({ limits: { packetSize: 64 * 1024 } });
 * server.addHook(new AllowAll());
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * @module
 */

export { Server } from "./src/server/server.ts";
export type { RemoveOptions, Replaced } from "./src/server/listener_changes.ts";
export {
  type Capabilities,
  CHANGEABLE_LIMITS,
  type ChangeableLimit,
  type ChangeableOptions,
  defaultCapabilities,
  defaultLimits,
  limitRanges,
  type Limits,
  type Log,
  type LogLevel,
  type PartialServerOptions as ServerOptions,
  type QueueFull,
} from "./src/core/options.ts";
export type { RefusalKind, Stats } from "./src/core/stats.ts";
export type { MemoryFigures, MemoryState } from "./src/core/overload.ts";
export type { Figures, Readiness } from "./src/core/figures/figures.ts";
export type { HistogramFigures } from "./src/core/figures/histogram.ts";
export type { ListenerFigures } from "./src/core/figures/listener_counts.ts";
export type { SysValues } from "./src/core/figures/mosquitto_tree.ts";
export type { LatenessFigures, LongWork } from "./src/core/lateness.ts";
export type { SystemInfo } from "./src/core/system_info.ts";
export { ERROR_CODES, type ErrorCode, errorCodeOf, type EventCode, LOG_EVENTS } from "./src/core/codes.ts";
export type { LogEvent, LogFields, LogOccurrence, LogSummary } from "./src/core/log.ts";
export { type Boot, type Clock, ManualClock, systemClock } from "./src/core/clock.ts";
export { VERSION } from "./src/core/version.ts";

export type {
  Action,
  AuthAnswer,
  AuthExchange,
  Candidate,
  CandidateGroup,
  Client,
  ConnectingClient,
  ConnectOpinion,
  Credentials,
  DeliverAnswer,
  Explained,
  ExplainedAction,
  ExplainedRule,
  Hook,
  HookHost,
  MessageInfo,
  Opinion,
  PacketAnswer,
  PublishAnswer,
  Selection,
  WillAnswer,
} from "./src/hook/hook.ts";
export type { MaybePromise } from "./src/core/maybe_promise.ts";
export { type PacketView, type PublishChanges, PublishView } from "./src/hook/publish_view.ts";
export {
  type Storage,
  type StorageHost,
  type StorageLoader,
  type StorageStatus,
} from "./src/storage/storage.ts";
export type { DeliveryRecord, SessionRecord, SubscriptionRecord } from "./src/storage/records.ts";
export { sizeOf } from "./src/storage/size.ts";
export { StorageError, type StorageFault } from "./src/storage/error.ts";
export type {
  ExplainAction,
  ExplainClient,
  ExplainedBytes,
  ExplainedClient,
  ExplainedPacket,
  ExplainRequest,
  ExplainStep,
  ExplainStepName,
  Explanation,
} from "./src/broker/explain/types.ts";
export { HookError } from "./src/hook/error.ts";
export type {
  Stored,
  StoredClient,
  StoredInflightMessage,
  StoredMessage,
  StoredRetainedMessage,
  StoredSubscription,
  StoredSysInfo,
} from "./src/storage/stored.ts";

export type { InlineMessage } from "./src/inline/message.ts";
export type { InlinePublishOptions } from "./src/inline/publish_request.ts";
export type { InlineHandler, InlineSubscribeOptions, InlineSubscription } from "./src/inline/subscription.ts";
export type { LocalClient, LocalClientOptions } from "./src/inline/local_client.ts";

export { PacketType } from "./src/packets/types.ts";
export type {
  AckPacket,
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  PingPacket,
  ProtocolVersion,
  PublishPacket,
  QoS,
  SubackPacket,
  SubscribeOptions,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
  Will,
} from "./src/packets/types.ts";
export type { Properties } from "./src/packets/properties.ts";
export { type Reason, Reasons, reasonText } from "./src/packets/reason.ts";

export { AllowAll } from "./hooks/auth/allow_all.ts";

export { HealthListener, type HealthListenerOptions } from "./src/listeners/health.ts";
export { HttpListener, type HttpListenerOptions } from "./src/listeners/http.ts";
export type { Listener, ListenerHost } from "./src/listeners/listener.ts";
export type { DropReason, Handshake } from "./src/runtime/pending_handshakes.ts";
export { ListenerError } from "./src/listeners/listener_error.ts";
export { MemoryListener, type MemoryListenerOptions } from "./src/listeners/memory.ts";
export { type SocketDetails, SocketListener, type SocketListenerOptions } from "./src/listeners/socket.ts";
export { TcpListener, type TcpListenerOptions } from "./src/listeners/tcp.ts";
export type { ForwardedOptions, ProxyProtocol } from "./src/listeners/proxies.ts";
export type { ForwardedHeader } from "./src/runtime/proxy/forwarded.ts";
export type { CertificateFiles, TlsFiles } from "./src/listeners/tls_files.ts";
export { UnixListener, type UnixListenerOptions } from "./src/listeners/unix.ts";
export { WebSocketListener, type WebSocketListenerOptions } from "./src/listeners/websocket.ts";
export type {
  AnySocket,
  NodeSocket,
  SocketAddress,
  SocketIterable,
  SocketServer,
  StreamPair,
} from "./src/runtime/tcp/socket_shapes.ts";
export type { ErrorSink } from "./src/runtime/tcp/guard.ts";
export type { HttpHandler } from "./src/runtime/http/http.ts";
export type { RefusalCode, StreamRefusal } from "./src/runtime/http/refusal.ts";
export { type MemoryClient, memoryPair, type MemoryPairOptions } from "./src/runtime/memory_stream.ts";
export {
  type Accept,
  type ByteStream,
  type PeerCertificate,
  StreamFault,
  type StreamHandler,
} from "./src/runtime/stream.ts";
