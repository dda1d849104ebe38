/** Everything that is counted. Plain fields: the hot path adds to them. */

/** Why a connection, a packet or a message was refused; each is a counter. */
export type RefusalKind =
  | "connectTimeout"
  | "packetTooLarge"
  | "connections"
  | "connectionRate"
  | "clientId"
  | "topic"
  | "subscriptions"
  | "retained"
  | "userProperties"
  | "topicAlias"
  | "receiveMaximum"
  | "sessions"
  | "notAuthorized"
  | "malformed"
  | "keepAlive"
  | "hook";

export class Stats {
  bytesReceived = 0;
  bytesSent = 0;
  packetsReceived = 0;
  packetsSent = 0;
  messagesReceived = 0;
  messagesSent = 0;
  /** All that was dropped, whatever the reason. */
  messagesDropped = 0;
  /** QoS 0 for a connection that does not read. */
  droppedSlow = 0;
  /** QoS 1 and 2 for a session whose queue is full. */
  droppedQueueFull = 0;
  droppedExpired = 0;
  droppedTooLarge = 0;
  connections = 0;
  clientsConnected = 0;
  clientsMaximum = 0;
  clientsTotal = 0;
  subscriptions = 0;
  inflight = 0;
  queued = 0;
  readonly refused: Record<RefusalKind, number> = {
    connectTimeout: 0,
    packetTooLarge: 0,
    connections: 0,
    connectionRate: 0,
    clientId: 0,
    topic: 0,
    subscriptions: 0,
    retained: 0,
    userProperties: 0,
    topicAlias: 0,
    receiveMaximum: 0,
    sessions: 0,
    notAuthorized: 0,
    malformed: 0,
    keepAlive: 0,
    hook: 0,
  };
}
