/** Everything that is counted. Plain fields: the hot path adds to them. */

/** Why a connection, a packet or a message was refused; each is a counter. */
export type RefusalKind =
  | "connectTimeout"
  | "packetTooLarge"
  | "connections"
  | "connectionRate"
  | "pendingHandshakes"
  | "handshakeTimeout"
  | "clientId"
  | "topic"
  | "subscriptions"
  | "retained"
  | "userProperties"
  | "topicAlias"
  | "receiveMaximum"
  | "sessions"
  | "memory"
  | "loopDelay"
  | "notAuthorized"
  | "banned"
  | "malformed"
  | "keepAlive"
  | "origin"
  | "proxy"
  | "hook";

/** The counters of one server, since it was made. */
export class Stats {
  /** MQTT bytes from clients. */
  bytesReceived = 0;
  /** MQTT bytes to clients. */
  bytesSent = 0;
  /** Control packets from clients. */
  packetsReceived = 0;
  /** Control packets to clients. */
  packetsSent = 0;
  /** PUBLISH packets from clients. */
  messagesReceived = 0;
  /** PUBLISH packets to clients. */
  messagesSent = 0;
  /** All that was dropped, whatever the reason. */
  messagesDropped = 0;
  /** QoS 0 for a connection that does not read. */
  droppedSlow = 0;
  /** QoS 1 and 2 for a session whose queue is full. */
  droppedQueueFull = 0;
  /** QoS 1 and 2 that waited when memory was used up. */
  droppedMemory = 0;
  /** Past their Message Expiry Interval. */
  droppedExpired = 0;
  /** Above the receiver's Maximum Packet Size. */
  droppedTooLarge = 0;
  /** Open now, before CONNECT as well. */
  connections = 0;
  /** Opening handshakes under way now, TLS, WebSocket and the head of an HTTP request. */
  handshakes = 0;
  /** Connected now. */
  clientsConnected = 0;
  /** The most that were connected at once. */
  clientsMaximum = 0;
  /** All that ever connected. */
  clientsTotal = 0;
  /** Held now. */
  subscriptions = 0;
  /** Those of them that are shared. */
  sharedSubscriptions = 0;
  /** Sessions that ended because their client stayed away. */
  sessionsExpired = 0;
  /** QoS 1 and 2 messages sent and not yet acknowledged. */
  inflight = 0;
  /** Roughly the memory they cost. */
  inflightBytes = 0;
  /** Messages waiting in sessions. */
  queued = 0;
  /** Bans in force now. */
  bans = 0;
  /** Clients that authentication has refused. */
  failedLogins = 0;
  /** Addresses that were banned because of too many failed logins. */
  addressesBanned = 0;
  /** CONNECT packets that had to wait because of abuse. */
  connectsDelayed = 0;
  /** Those that wait now. */
  connectsDelaying = 0;
  /** By the reason of the refusal. */
  readonly refused: Record<RefusalKind, number> = {
    connectTimeout: 0,
    packetTooLarge: 0,
    connections: 0,
    connectionRate: 0,
    pendingHandshakes: 0,
    handshakeTimeout: 0,
    clientId: 0,
    topic: 0,
    subscriptions: 0,
    retained: 0,
    userProperties: 0,
    topicAlias: 0,
    receiveMaximum: 0,
    sessions: 0,
    memory: 0,
    loopDelay: 0,
    notAuthorized: 0,
    banned: 0,
    malformed: 0,
    keepAlive: 0,
    origin: 0,
    proxy: 0,
    hook: 0,
  };
}
