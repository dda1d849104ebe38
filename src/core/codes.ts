/**
 * Everything that has a code: what happens and what goes wrong. A code stays the same from version to version, in the log,
 * on errors and in what is answered over HTTP. `docs/events.md` and `docs/log.md` explain them all.
 */

/**
 * All events: how much each matters (`level`; of those whose code ends in `-says` each line has its own), what it belongs
 * to (`component`), and what its line begins with (`title`).
 */
// deno-fmt-ignore
export const LOG_EVENTS = {
  // --- connections: how they end, what clients must not send, CONNECT that is refused ---
  "client-connected": { level: "debug", component: "connection", title: "Client connected" },
  "client-disconnected": { level: "debug", component: "connection", title: "Client disconnected" },
  "connection-lost": { level: "debug", component: "connection", title: "Connection ended without DISCONNECT" },
  "keep-alive-timeout": { level: "debug", component: "connection", title: "Keep-alive timeout" },
  "disconnected-by-server": { level: "info", component: "connection", title: "Client was disconnected" },
  "packet-malformed": { level: "debug", component: "connection", title: "Malformed packet" },
  "packet-too-large": { level: "info", component: "connection", title: "Packet too large" },
  "user-properties-exceeded": { level: "info", component: "connection", title: "Too many user properties" },
  "topic-too-long": { level: "info", component: "connection", title: "Topic too long or too deep" },
  "topic-alias-exceeded": { level: "info", component: "connection", title: "Topic alias too high" },
  "receive-maximum-exceeded": { level: "info", component: "connection", title: "Too many publishes unacknowledged" },
  "feature-not-available": { level: "info", component: "connection", title: "Not available here" },
  "client-packet-limit": { level: "info", component: "connection", title: "Answer larger than the client takes" },
  "connect-malformed": { level: "debug", component: "connection", title: "Malformed CONNECT" },
  "connect-refused": { level: "info", component: "connection", title: "CONNECT refused" },
  "protocol-version-refused": { level: "info", component: "connection", title: "CONNECT refused, protocol version" },
  "client-id-refused": { level: "info", component: "connection", title: "CONNECT refused, client id" },
  // --- sessions ---
  "session-taken-over": { level: "debug", component: "session", title: "Session taken over" },
  "client-id-contested": { level: "warn", component: "session", title: "Clients fight for one client id" },
  "will-refused": { level: "info", component: "session", title: "Will refused" },
  "sessions-exceeded": { level: "info", component: "session", title: "CONNECT refused, too many sessions" },
  // --- access: who may connect, publish and subscribe ---
  "packet-refused-by-hook": { level: "info", component: "auth", title: "Packet refused by a hook" },
  "connect-refused-by-hook": { level: "info", component: "auth", title: "CONNECT refused by a hook" },
  "authentication-failed": { level: "info", component: "auth", title: "Authentication failed" },
  "client-blocked": { level: "info", component: "auth", title: "CONNECT refused, client id is blocked" },
  "subscribe-refused": { level: "info", component: "auth", title: "Subscription refused" },
  "unsubscribe-refused": { level: "info", component: "auth", title: "Unsubscription refused" },
  "publish-refused": { level: "info", component: "auth", title: "Publish refused" },
  "delivery-withheld": { level: "debug", component: "auth", title: "Delivery withheld" },
  "nobody-may-connect": { level: "warn", component: "auth", title: "Nobody may connect" },
  "users-reloaded": { level: "info", component: "auth", title: "" },
  "users-unusable": { level: "error", component: "auth", title: "" },
  // --- before there is MQTT, and what is refused at the door ---
  "not-mqtt": { level: "debug", component: "listener", title: "Not MQTT" },
  "http-on-mqtt-port": { level: "info", component: "listener", title: "HTTP where MQTT is spoken" },
  "tls-on-mqtt-port": { level: "info", component: "listener", title: "TLS where plain MQTT is spoken" },
  "connection-closed-early": { level: "debug", component: "listener", title: "Connection closed before CONNECT" },
  "connect-timeout": { level: "info", component: "listener", title: "No complete CONNECT in time" },
  "address-refused": { level: "info", component: "listener", title: "Connection closed unheard, a hook refuses its address" },
  "connections-exceeded": { level: "info", component: "listener", title: "CONNECT refused, too many connections" },
  "connection-rate-exceeded": { level: "info", component: "listener", title: "CONNECT refused, too many a second" },
  "tls-handshake-failed": { level: "info", component: "listener", title: "TLS handshake failed" },
  "plain-on-tls-port": { level: "info", component: "listener", title: "Plain bytes where TLS is spoken" },
  "client-certificate-refused": { level: "info", component: "listener", title: "Client certificate refused" },
  "handshakes-exceeded": { level: "info", component: "listener", title: "Too many handshakes at a time" },
  "proxy-header-refused": { level: "info", component: "listener", title: "PROXY header refused" },
  "proxy-not-trusted": { level: "info", component: "listener", title: "Connection from no trusted proxy" },
  "foreign-page-refused": { level: "info", component: "listener", title: "Page in a browser refused" },
  "websocket-refused": { level: "info", component: "listener", title: "WebSocket handshake refused" },
  "websocket-malformed": { level: "debug", component: "listener", title: "Malformed WebSocket frame" },
  "websocket-message-too-large": { level: "info", component: "listener", title: "WebSocket message too large" },
  "certificate-reloaded": { level: "info", component: "listener", title: "Certificate read again" },
  "certificate-unusable": { level: "error", component: "listener", title: "Certificate not taken, the one before stays" },
  "listener-failed": { level: "error", component: "listener", title: "" },
  "listener-close-failed": { level: "error", component: "listener", title: "The listener could not be closed" },
  "listener-says": { level: "info", component: "listener", title: "" },
  "open-to-everyone": { level: "warn", component: "listener", title: "" },
  "certificate-asked-for": { level: "info", component: "listener", title: "" },
  "listener-unchanged": { level: "error", component: "listener", title: "" },
  "listener-gone": { level: "error", component: "listener", title: "A listener was closed and cannot be opened again" },
  // --- what outlives the process ---
  "storage-not-writable": { level: "info", component: "storage", title: "Ended because the storage cannot be written" },
  "storage-loading": { level: "info", component: "storage", title: "Loading what the storage keeps" },
  "storage-loaded": { level: "info", component: "storage", title: "The storage is loaded" },
  "storage-failed": { level: "error", component: "storage", title: "QoS 1 and 2 are refused until the storage can be written" },
  "storage-recovered": { level: "warn", component: "storage", title: "The storage can be written again" },
  "storage-retold": { level: "warn", component: "storage", title: "Everything in memory is told to the storage again" },
  "storage-unreadable": { level: "error", component: "storage", title: "What waits for clients cannot be read, it is tried again" },
  "storage-close-failed": { level: "error", component: "storage", title: "The storage could not be closed" },
  "storage-says": { level: "info", component: "storage", title: "" },
  // --- plug-ins and handlers ---
  "hook-failed": { level: "warn", component: "hook", title: "Hook failed" },
  "handler-failed": { level: "warn", component: "hook", title: "Handler failed" },
  "hook-method-unknown": { level: "warn", component: "hook", title: "Hook has a method that is no event" },
  "hook-says": { level: "info", component: "hook", title: "" },
  "early-publish-refused": { level: "warn", component: "hook", title: "An early publish was refused" },
  // --- the server as a whole ---
  "server-closing": { level: "debug", component: "broker", title: "Connection ended because the server closes" },
  "internal-error": { level: "error", component: "broker", title: "Internal error" },
  "overloaded": { level: "info", component: "broker", title: "Refused, the server has too much to do" },
  "event-loop-late": { level: "warn", component: "broker", title: "Nobody was served for a while" },
  "loop-delay-high": { level: "warn", component: "broker", title: "New connections are refused, the event loop is late" },
  "memory-high": { level: "warn", component: "broker", title: "Memory is short" },
  "memory-full": { level: "warn", component: "broker", title: "Queues are cut, memory is short" },
  "memory-low": { level: "info", component: "broker", title: "Memory is enough again" },
  "memory-not-returned": { level: "warn", component: "broker", title: "Memory could not be given back" },
  "clock-set": { level: "warn", component: "broker", title: "The clock of the machine was set" },
  "close-timeout": { level: "warn", component: "broker", title: "Closed without waiting any longer" },
  "close-failed": { level: "error", component: "broker", title: "Closing failed" },
  // --- the program, from its start to its end ---
  "starting": { level: "info", component: "program", title: "" },
  "listening": { level: "info", component: "program", title: "Listening" },
  "who-can-connect": { level: "info", component: "program", title: "" },
  "storage-chosen": { level: "info", component: "program", title: "" },
  "ready": { level: "info", component: "program", title: "" },
  "closing": { level: "info", component: "program", title: "" },
  "start-failed": { level: "error", component: "program", title: "" },
  "api-socket-elsewhere": { level: "info", component: "program", title: "The socket for commands is a link" },
  "api-socket-failed": { level: "warn", component: "program", title: "There is no socket for commands" },
  "signal-ignored": { level: "info", component: "program", title: "" },
  // --- the configuration ---
  "config-warning": { level: "warn", component: "config", title: "" },
  "config-applied": { level: "info", component: "config", title: "" },
  "config-unusable": { level: "error", component: "config", title: "" },
  "restart-needed": { level: "warn", component: "config", title: "" },
  // --- the log itself ---
  "log-reopened": { level: "info", component: "log", title: "The log file was opened again" },
  "log-not-written": { level: "error", component: "log", title: "The log cannot be written" },
  "log-lines-lost": { level: "warn", component: "log", title: "Lines of the log were lost" },
  "log-rotation-failed": { level: "warn", component: "log", title: "The log file could not be rotated" },
} as const;

/** What happened; see `docs/events.md`. */
export type EventCode = keyof typeof LOG_EVENTS;

/** What a line of the log belongs to: each may have a level of its own. Of hooks there is `hook:` and the id, too. */
export type LogComponent = (typeof LOG_EVENTS)[EventCode]["component"];

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
  "client-not-found": { status: 404, title: "There is no such client, and no session of it" },
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
  "acl-invalid": { status: 400, title: "The rules for topics cannot be used" },
  "user-not-found": { status: 404, title: "There is no such user" },
  "user-exists": { status: 409, title: "There is such a user already" },
  "role-not-found": { status: 404, title: "There is no such role" },
  "role-exists": { status: 409, title: "There is such a role already" },
  "role-in-use": { status: 409, title: "Users have the role" },
  "rule-not-found": { status: 404, title: "There is no such rule" },
  "ban-not-found": { status: 404, title: "There is no such ban" },
  "password-wrong": { status: 403, title: "It is not the password of the user" },
  "file-in-use": { status: 409, title: "Another program is changing the file" },
  "ledger-without-file": { status: 409, title: "The ledger was not read from a file" },
  "acl-without-file": { status: 409, title: "The rules for topics were not read from a file" },
  // --- the program ---
  "body-invalid": { status: 400, title: "The body of an HTTP request cannot be understood" },
  "host-refused": { status: 421, title: "A page elsewhere may not ask a listener of this machine" },
  "route-not-found": { status: 404, title: "There is no such route" },
  "method-not-allowed": { status: 405, title: "The route does not take that method" },
  "broker-not-running": { status: 503, title: "No broker runs there" },
  "broker-silent": { status: 504, title: "The running broker does not answer" },
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
