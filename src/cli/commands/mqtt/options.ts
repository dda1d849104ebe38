/** The options that `pub`, `sub` and `bench` share: where the broker is and who connects, as mosquitto's clients have them. */

import type { OwnOption } from "../../own_options.ts";

export const connectionOptions: readonly OwnOption[] = [
  { long: "host", short: "h", value: "HOST" },
  { long: "port", short: "p", value: "PORT" },
  { long: "url", short: "L", value: "URL" },
  { long: "unix", value: "PATH" },
  { long: "ws" },
  { long: "username", short: "u", value: "NAME" },
  { long: "pw", short: "P", value: "PASSWORD" },
  { long: "password-file", value: "FILE" },
  { long: "keepalive", short: "k", value: "SECONDS" },
  { long: "protocol-version", short: "V", value: "VERSION" },
  { long: "bind", short: "A", value: "ADDRESS" },
  { long: "nodelay" },
  { long: "cafile", value: "FILE" },
  { long: "capath", value: "DIR" },
  { long: "cert", value: "FILE" },
  { long: "key", value: "FILE" },
  { long: "insecure" },
  { long: "tls-version", value: "VERSION" },
  { long: "tls-alpn", value: "NAME" },
  { long: "tls-use-os-certs" },
  { long: "ciphers", value: "LIST" },
  { long: "help" },
  ...["psk", "psk-identity", "tls-engine", "tls-engine-kpass-sha1", "keyform", "proxy"].map((long) => ({
    long,
    value: "VALUE",
    refused: "the runtime has no way to do that",
  })),
];

/** What one client is besides. */
export const sessionOptions: readonly OwnOption[] = [
  { long: "id", short: "i", value: "ID" },
  { long: "id-prefix", short: "I", value: "PREFIX" },
  { long: "disable-clean-session", short: "c" },
  { long: "session-expiry-interval", short: "x", value: "SECONDS" },
  {
    long: "property",
    short: "D",
    value: "COMMAND NAME VALUE",
    words: ([, name]) => name === "user-property" ? 4 : 3,
  },
  { long: "will-topic", value: "TOPIC" },
  { long: "will-payload", value: "TEXT" },
  { long: "will-qos", value: "QOS" },
  { long: "will-retain" },
  { long: "debug", short: "d" },
  { long: "quiet" },
];

export const pubOptions: readonly OwnOption[] = [
  ...connectionOptions,
  ...sessionOptions,
  { long: "topic", short: "t", value: "TOPIC" },
  { long: "message", short: "m", value: "TEXT" },
  { long: "file", short: "f", value: "FILE" },
  { long: "stdin-line", short: "l" },
  { long: "stdin-file", short: "s" },
  { long: "null-message", short: "n" },
  { long: "qos", short: "q", value: "QOS" },
  { long: "retain", short: "r" },
  { long: "max-inflight", short: "M", value: "COUNT" },
  { long: "repeat", value: "COUNT" },
  { long: "repeat-delay", value: "SECONDS" },
];

export const subOptions: readonly OwnOption[] = [
  ...connectionOptions,
  ...sessionOptions,
  { long: "topic", short: "t", value: "FILTER" },
  { long: "qos", short: "q", value: "QOS" },
  { long: "filter-out", short: "T", value: "FILTER" },
  { long: "unsubscribe", short: "U", value: "FILTER" },
  { short: "C", value: "COUNT" },
  { short: "W", value: "SECONDS" },
  { short: "E" },
  { short: "F", value: "FORMAT" },
  { long: "json" },
  { long: "pretty" },
  { short: "N" },
  { short: "R" },
  { long: "retained-only" },
  { long: "remove-retained" },
  { long: "random-filter", value: "PERCENT" },
  { long: "verbose", short: "v" },
];
