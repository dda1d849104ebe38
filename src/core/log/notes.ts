/** What `docs/events.md` says of each event; `deno task docs:events` makes the page of it. */

import type { EventCode } from "../codes.ts";

/** When there is a line of it. */
// deno-fmt-ignore
export const EVENT_NOTES: { readonly [K in EventCode]: string } = {
  "client-connected": "CONNACK with success was sent",
  "client-disconnected": "the client said DISCONNECT; with what it gave as its reason",
  "connection-lost": "the connection ended without DISCONNECT; `error`: what the network said",
  "keep-alive-timeout": "nothing came for one and a half times the keep-alive",
  "disconnected-by-server": "the program has ended it, with `disconnectClient` for example, or a hook (`hook`) whose user was removed or has another password",
  "packet-malformed":
    "the bytes are no packet, or none that may come now; `detail` in the sentence: what is wrong",
  "packet-too-large": "above `limits.packetSize`, or before CONNACK `limits.connectPacketSize`",
  "user-properties-exceeded": "more than `limits.userProperties` in one packet",
  "topic-too-long": "a topic above `limits.topicLength` or `limits.topicLevels`",
  "topic-alias-exceeded": "a topic alias above `capabilities.topicAliasMaximum`",
  "receive-maximum-exceeded": "more QoS 2 publishes open than `capabilities.receiveMaximum`",
  "feature-not-available": "a QoS, retained messages, or a kind of subscription that `capabilities` exclude",
  "client-packet-limit": "an answer that is owed is larger than the client's Maximum Packet Size",
  "connect-malformed": "the CONNECT is none",
  "connect-refused": "for another reason, which it names",
  "protocol-version-refused": "a version there is none of, or below `capabilities.minimumProtocolVersion`",
  "client-id-refused": "an empty one where that is not possible, `inline`, or above `limits.clientIdLength`",
  "session-taken-over": "another connection came with the client id; `by`: where from",
  "client-id-contested":
    "a client id was taken over three times in a minute: two clients throw each other out; `address` and `by`: both of them",
  "will-refused": "the will of a CONNECT, or, when it was due, that access control did not allow it any more",
  "sessions-exceeded": "`limits.sessions`",
  "packet-refused-by-hook": "a hook refused a packet in `onPacketRead`",
  "connect-refused-by-hook":
    "`onConnect`, `onPacketRead` or `onSessionEstablish` of a hook; or its `onConnectAuthenticate` with a reason of its own, for example because too many passwords are being checked",
  "authentication-failed":
    "`onConnectAuthenticate` or `onAuthPacket`; `hook`: who said no, left out when nobody had an opinion",
  "client-blocked": "the client id is in `Server.blocked`",
  "subscribe-refused": "a filter: access control, a limit, a hook; a line for each",
  "unsubscribe-refused": "a filter that is none, or a hook that failed",
  "publish-refused":
    "access control, a hook, `limits.retained`, `limits.memory`, the storage. In QoS 0, and in MQTT 3, only this line says so",
  "delivery-withheld":
    "access control does not let a client receive what is published to a topic it has subscribed to; once for each topic, until rules or subscriptions change",
  "nobody-may-connect": "the server has a listener, and no hook that lets anybody in",
  "users-reloaded": "users and passwords were read again",
  "users-unusable": "they cannot be read again: those in use stay",
  "not-mqtt": "the first bytes are no CONNECT; they are shown",
  "http-on-mqtt-port": "HTTP came to a listener for MQTT",
  "tls-on-mqtt-port": "TLS came to a listener without TLS",
  "connection-closed-early": "the connection ended before CONNACK",
  "connect-timeout": "no complete CONNECT within `limits.connectTimeout`",
  "address-refused":
    "`onAccept` of a hook wants nothing of who connects from there: the address is banned. Nothing was read, and no TLS handshake made",
  "connections-exceeded": "`limits.connections`",
  "connection-rate-exceeded": "`limits.connectionRate`, `limits.connectionRatePerAddress`",
  "tls-handshake-failed": "TLS said why in `error`; clients that do not trust the certificate end it like that",
  "plain-on-tls-port": "MQTT or HTTP without TLS came to a listener with TLS",
  "client-certificate-refused":
    "it is missing, or not trusted. (Of one that is not trusted Deno says only that the connection ended: `tls-handshake-failed`)",
  "handshakes-exceeded":
    "`limits.pendingHandshakes`: too many TLS or WebSocket handshakes, or heads of HTTP requests, at a time. The one that was closed for a newer one",
  "proxy-header-refused":
    "a trusted proxy's connection did not begin with a header of the PROXY protocol, with a broken one, or not in time: `proxyProtocol` of the listener. One that ends without a byte, as health checks do, is `connection-closed-early`",
  "proxy-not-trusted": "who connects is in none of the networks of `proxyProtocol.trusted`",
  "foreign-page-refused": "a page in a browser may not connect: `origins` of the listener",
  "websocket-refused":
    "the request is none for MQTT over WebSocket: what it was answered. MQTT without WebSocket and TLS are recognised",
  "websocket-malformed": "a frame against the rules, or a text frame",
  "websocket-message-too-large": "above the listener's `maxMessageBytes`",
  "certificate-reloaded":
    "the files of a listener's certificate had changed, and connections from now on get what stands in them",
  "certificate-unusable":
    "they had changed, and what stands in them cannot be used: `error` says why, the certificate before stays. Said once for each state of the files",
  "listener-failed": "a listener says that it could not accept, or could not go on with what it had accepted",
  "listener-close-failed": "the others are closed all the same",
  "listener-says": "anything else a listener has to say, with the level it gave",
  "open-to-everyone": "other machines reach a listener, and nobody is asked for a password",
  "certificate-asked-for": "a certificate was read again because somebody asked for it, with SIGHUP",
  "listener-unchanged":
    "a listener, or its certificate, cannot be what a configuration that was read again says: what is in use stays",
  "listener-gone": "after one in its place could not be opened, either",
  "storage-not-writable": "what was to be acknowledged cannot be kept: the client is to come back",
  "storage-loading": "nobody is let in meanwhile",
  "storage-loaded": "how much there was, and how long it took",
  "storage-failed": "it is tried again and again",
  "storage-recovered": "what waited for it goes on",
  "storage-retold": "the storage has lost what it had",
  "storage-unreadable": "said once, until it can",
  "storage-close-failed": "what was not written is missing at the next start",
  "storage-says": "what a storage has to say (of its files, its server), with the level it gave",
  "hook-failed": "a method of a hook threw, did not answer in five seconds, or answered what is no answer",
  "handler-failed": "the handler of an inline subscription or of a client without a network threw",
  "hook-method-unknown": "a class that was added as a hook has a method that looks like an event and is none",
  "hook-says": "what a hook has to say, with the level it gave",
  "early-publish-refused": "what the program published before the server was open; `topic`",
  "server-closing": "the server is being closed",
  "internal-error": "something failed that should not; please report it",
  "overloaded":
    "memory is short (`limits.memory`), also the end of an MQTT 3 client that publishes with QoS 1 or 2 then; or the event loop is late (`limits.loopDelay`)",
  "event-loop-late":
    "the event loop stood still for a second or more, once a minute: `size` milliseconds, and what took longest ([running.md](running.md))",
  "loop-delay-high": "the event loop is later than `limits.loopDelay`, and somebody new was refused for it",
  "memory-high":
    "the process occupies 90 % of `limits.memory`, `size` bytes, after what could be given back was: new connections and QoS 1 and 2 publishes are refused",
  "memory-full":
    "it occupies all of it, or refusing alone did not help for ten seconds: the largest queues were cut, and by how much. Once; what goes later is in `memory-low`",
  "memory-low": "it occupies less than 85 % again; how much was cut since `memory-high`",
  "memory-not-returned": "the runtime refused to; it is tried again",
  "clock-set": "what expires or is due has as much time left as before",
  "close-timeout": "hooks and listeners had the time for it",
  "close-failed": "the program ends all the same",
  "starting": "the version, and the runtime",
  "listening": "for each listener: `listener`, `address`",
  "who-can-connect": "nobody but this machine, or nobody at all",
  "storage-chosen": "what becomes of what clients were told is safe",
  "ready": "clients can connect",
  "closing": "a signal has ended the program",
  "start-failed": "the program ends, with 1",
  "api-socket-elsewhere":
    "the path of `comqtt.sock` in the directory of the data is too long for a socket: it is a link to one in the directory for temporary files",
  "api-socket-failed":
    "`comqtt.sock` could not be made: `error` says why. The broker runs all the same; commands that ask it cannot",
  "signal-ignored": "a signal that asks for nothing here",
  "config-warning": "a setting that has no effect, or another one than somebody may think: the place, and what",
  "config-applied":
    "what has become of a configuration that was read again, on a signal or because a file has changed",
  "config-unusable": "something is wrong with a configuration that was read again: what is in use stays",
  "restart-needed": "settings have changed that a running server does not take",
  "log-reopened": "on a signal",
  "log-not-written": "one of its outputs takes nothing: said on the others, once until it works again",
  "log-lines-lost": "an output works again: how many lines it has missed, since when and why",
  "log-rotation-failed":
    "the file could not be renamed, or an old one not compressed or removed; lines go on into the file that is there",
};
