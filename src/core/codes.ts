/** The events of the log that have a code: one line each, and the code stays. `docs/log.md` explains them. */

/** All events that have a code: how much each matters (`level`), and what its line begins with (`title`). */
export const LOG_EVENTS = {
  // --- how a connection ended that CONNACK had welcomed ---
  "client-connected": { level: "debug", title: "Client connected" },
  "client-disconnected": { level: "debug", title: "Client disconnected" },
  "connection-lost": { level: "debug", title: "Connection ended without DISCONNECT" },
  "keep-alive-timeout": { level: "debug", title: "Keep-alive timeout" },
  "session-taken-over": { level: "debug", title: "Session taken over" },
  "server-closing": { level: "debug", title: "Connection ended because the server closes" },
  "client-id-contested": { level: "warn", title: "Clients fight for one client id" },
  "disconnected-by-server": { level: "info", title: "Client was disconnected" },
  // --- what a client must not send, before or after CONNACK ---
  "packet-malformed": { level: "debug", title: "Malformed packet" },
  "packet-too-large": { level: "info", title: "Packet too large" },
  "user-properties-exceeded": { level: "info", title: "Too many user properties" },
  "topic-too-long": { level: "info", title: "Topic too long or too deep" },
  "topic-alias-exceeded": { level: "info", title: "Topic alias too high" },
  "receive-maximum-exceeded": { level: "info", title: "Too many publishes unacknowledged" },
  "feature-not-available": { level: "info", title: "Not available here" },
  "packet-refused-by-hook": { level: "info", title: "Packet refused by a hook" },
  "client-packet-limit": { level: "info", title: "Answer larger than the client takes" },
  "storage-not-writable": { level: "info", title: "Ended because the storage cannot be written" },
  "internal-error": { level: "error", title: "Internal error" },
  // --- CONNECT that was refused ---
  "not-mqtt": { level: "debug", title: "Not MQTT" },
  "http-on-mqtt-port": { level: "info", title: "HTTP where MQTT is spoken" },
  "tls-on-mqtt-port": { level: "info", title: "TLS where plain MQTT is spoken" },
  "connection-closed-early": { level: "debug", title: "Connection closed before CONNECT" },
  "connect-timeout": { level: "info", title: "No complete CONNECT in time" },
  "connect-malformed": { level: "debug", title: "Malformed CONNECT" },
  "connect-refused": { level: "info", title: "CONNECT refused" },
  "connect-refused-by-hook": { level: "info", title: "CONNECT refused by a hook" },
  "protocol-version-refused": { level: "info", title: "CONNECT refused, protocol version" },
  "client-id-refused": { level: "info", title: "CONNECT refused, client id" },
  "will-refused": { level: "info", title: "Will refused" },
  "authentication-failed": { level: "info", title: "Authentication failed" },
  "client-blocked": { level: "info", title: "CONNECT refused, client id is blocked" },
  "connections-exceeded": { level: "info", title: "CONNECT refused, too many connections" },
  "connection-rate-exceeded": { level: "info", title: "CONNECT refused, too many a second" },
  "overloaded": { level: "info", title: "Refused, the server has too much to do" },
  "sessions-exceeded": { level: "info", title: "CONNECT refused, too many sessions" },
  // --- before there was MQTT ---
  "tls-handshake-failed": { level: "info", title: "TLS handshake failed" },
  "plain-on-tls-port": { level: "info", title: "Plain bytes where TLS is spoken" },
  "client-certificate-refused": { level: "info", title: "Client certificate refused" },
  "handshakes-exceeded": { level: "info", title: "Too many handshakes at a time" },
  "foreign-page-refused": { level: "info", title: "Page in a browser refused" },
  "websocket-refused": { level: "info", title: "WebSocket handshake refused" },
  "websocket-malformed": { level: "debug", title: "Malformed WebSocket frame" },
  "websocket-message-too-large": { level: "info", title: "WebSocket message too large" },
  // --- what was refused while the connection goes on ---
  "subscribe-refused": { level: "info", title: "Subscription refused" },
  "unsubscribe-refused": { level: "info", title: "Unsubscription refused" },
  "publish-refused": { level: "info", title: "Publish refused" },
  // --- the program ---
  "hook-failed": { level: "warn", title: "Hook failed" },
  "handler-failed": { level: "warn", title: "Handler failed" },
  "hook-method-unknown": { level: "warn", title: "Hook has a method that is no event" },
  "event-loop-late": { level: "warn", title: "Nobody was served for a while" },
  "loop-delay-high": { level: "warn", title: "New connections are refused, the event loop is late" },
  "memory-high": { level: "warn", title: "Memory is short" },
  "memory-full": { level: "warn", title: "Queues are cut, memory is short" },
  "memory-low": { level: "info", title: "Memory is enough again" },
  "nobody-may-connect": { level: "warn", title: "Nobody may connect" },
} as const;

/** What happened; see `docs/log.md`. */
export type EventCode = keyof typeof LOG_EVENTS;
