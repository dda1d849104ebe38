/**
 * Everything that has a code: what happens and what goes wrong. A code stays the same from version to version, in the log,
 * on errors and in what is answered over HTTP. `docs/log.md` explains them all.
 */

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
  "proxy-header-refused": { level: "info", title: "PROXY header refused" },
  "proxy-not-trusted": { level: "info", title: "Connection from no trusted proxy" },
  "foreign-page-refused": { level: "info", title: "Page in a browser refused" },
  "websocket-refused": { level: "info", title: "WebSocket handshake refused" },
  "websocket-malformed": { level: "debug", title: "Malformed WebSocket frame" },
  "websocket-message-too-large": { level: "info", title: "WebSocket message too large" },
  // --- what was refused while the connection goes on ---
  "subscribe-refused": { level: "info", title: "Subscription refused" },
  "unsubscribe-refused": { level: "info", title: "Unsubscription refused" },
  "publish-refused": { level: "info", title: "Publish refused" },
  // --- the program ---
  "certificate-reloaded": { level: "info", title: "Certificate read again" },
  "certificate-unusable": { level: "error", title: "Certificate not taken, the one before stays" },
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

/**
 * What can be wrong for a program or its operator: what it is in general (`title`), and the status of HTTP that it is
 * answered with (`status`). A code that is an event of the log as well means the same there.
 */
export const ERROR_CODES = {
  // --- what was given cannot be used ---
  "argument-invalid": { status: 400, title: "An argument or option cannot be used" },
  "topic-invalid": { status: 400, title: "A topic name cannot be published to" },
  "filter-invalid": { status: 400, title: "A topic filter cannot be used" },
  "packet-invalid": { status: 400, title: "There is no such packet" },
  "packet-too-large": { status: 413, title: "Packet too large" },
  // --- the server and its clients ---
  "server-closed": { status: 503, title: "The server is closed" },
  "server-not-serving": { status: 503, title: "The server does not serve" },
  "server-running": { status: 409, title: "The server is running already" },
  "client-not-connected": { status: 404, title: "The client is not connected" },
  "client-id-refused": { status: 400, title: "CONNECT refused, client id" },
  "connect-refused": { status: 403, title: "CONNECT refused" },
  // --- hooks ---
  "hook-exists": { status: 409, title: "There is such a hook already" },
  "hook-not-found": { status: 404, title: "There is no such hook" },
  "hook-failed": { status: 500, title: "Hook failed" },
  "handler-failed": { status: 500, title: "Handler failed" },
  // --- listeners ---
  "listener-exists": { status: 409, title: "There is such a listener already" },
  "listener-not-found": { status: 404, title: "There is no such listener" },
  "listener-changing": { status: 409, title: "The listener is being changed" },
  "listener-invalid": { status: 400, title: "An option of a listener cannot be used" },
  "listener-not-opened": { status: 500, title: "A listener cannot be opened" },
  "address-in-use": { status: 409, title: "The address is in use" },
  "address-not-available": { status: 500, title: "This machine does not have the address" },
  "permission-denied": { status: 500, title: "The operating system or the runtime does not permit it" },
  "file-not-readable": { status: 500, title: "A file cannot be read" },
  "file-not-writable": { status: 500, title: "A file cannot be written" },
  "certificate-invalid": { status: 400, title: "A certificate or private key cannot be used" },
  "sockets-exceeded": { status: 503, title: "Too many open connections for the system" },
  "requests-exceeded": { status: 503, title: "Too many HTTP requests at a time" },
  "body-too-large": { status: 413, title: "The body of an HTTP request is too large" },
  "websocket-malformed": { status: 400, title: "Malformed WebSocket frame" },
  "websocket-message-too-large": { status: 413, title: "WebSocket message too large" },
  // --- the storage ---
  "storage-damaged": { status: 500, title: "The storage holds what nobody can have written" },
  "storage-full": { status: 507, title: "The storage has no room" },
  "storage-unreachable": { status: 503, title: "The disk, or the connection to the storage, fails" },
  "storage-in-use": { status: 409, title: "Another server has the storage" },
  "storage-newer": { status: 500, title: "A later version wrote the storage" },
  "storage-unusable": { status: 500, title: "The storage is not there, or may not be used" },
  "storage-lost": { status: 503, title: "What the storage kept is gone" },
  "storage-not-open": { status: 503, title: "The storage is not open" },
  "storage-not-writable": { status: 503, title: "The storage cannot be written" },
  // --- users and their rules ---
  "ledger-invalid": { status: 400, title: "The rules of a ledger cannot be used" },
  "users-invalid": { status: 400, title: "The file of users cannot be used" },
  "user-not-found": { status: 404, title: "There is no such user" },
  "password-wrong": { status: 403, title: "It is not the password of the user" },
  "file-in-use": { status: 409, title: "Another program is changing the file" },
  "ledger-without-file": { status: 409, title: "The ledger was not read from a file" },
  // --- the program ---
  "usage-invalid": { status: 400, title: "The command line cannot be understood" },
  "config-invalid": { status: 400, title: "The configuration cannot be used" },
  "database-missing": { status: 404, title: "There is no database to do that with" },
  "package-missing": { status: 500, title: "A package that is needed is not there" },
  "internal-error": { status: 500, title: "Internal error" },
} as const;

/** What went wrong; see `docs/log.md`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * The code of an error; null: it has none, or one that is not ours, such as the `ENOENT` of a system. Any value will do.
 *
 * ```ts
 * await server.addListener(listener).catch((error) => {
 *   if (errorCodeOf(error) !== "address-in-use") throw error;
 * });
 * ```
 */
export function errorCodeOf(error: unknown): ErrorCode | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  const { code } = error;
  return typeof code === "string" && Object.hasOwn(ERROR_CODES, code) ? code as ErrorCode : null;
}
