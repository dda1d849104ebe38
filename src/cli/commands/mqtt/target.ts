/** From options to where the broker is, and who connects there. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Target, TlsChoice } from "../../../client/target.ts";
import { textOf } from "../../../core/error_text.ts";
import { CodedError } from "../../../core/errors.ts";
import { quote } from "../../../core/problem.ts";
import { environment } from "../../../runtime/process.ts";
import type { OwnGiven } from "../../own_options.ts";
import { UsageError } from "../../usage_error.ts";
import { wholeNumber } from "./values.ts";

export interface Destination {
  readonly target: Target;
  readonly username: string | null;
  readonly password: Uint8Array | null;
  /** Of the URL; undefined without one. */
  readonly topic: string | undefined;
}

const PORTS = { tcp: 1883, tls: 8883, ws: 80, wss: 443, unix: 0 } as const;
/** Where brokers listen for WebSocket without a web server before them. */
const OWN_WS_PORT = 1882;

interface FromUrl {
  readonly transport: "tcp" | "tls" | "ws" | "wss";
  readonly host: string;
  readonly port: number | undefined;
  readonly path: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly topic: string | undefined;
}

const SCHEMES = { "mqtt:": "tcp", "mqtts:": "tls", "ws:": "ws", "wss:": "wss" } as const;

/**
 * What stands behind the host is the topic, all of it, as mosquitto's clients take it. `isPath`: over WebSocket it is the path
 * instead, because the topic is said elsewhere.
 */
export function readUrl(text: string, isPath = false): FromUrl {
  const found = /^([a-z]+:)\/\/(?:([^@/]*)@)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?(?:\/(.*))?$/is.exec(text);
  const scheme = found?.[1]?.toLowerCase();
  const transport = scheme !== undefined && Object.hasOwn(SCHEMES, scheme)
    ? SCHEMES[scheme as keyof typeof SCHEMES]
    : undefined;
  if (found === null || transport === undefined || found[3] === "") {
    throw new UsageError(
      `Cannot use ${
        quote(text)
      } as a URL, expected mqtt://, mqtts://, ws:// or wss:// and [USER[:PASSWORD]@]HOST[:PORT]/TOPIC`,
    );
  }
  const [, , who, host, port, rest] = found;
  const colon = who?.indexOf(":") ?? -1;
  const pathed = isPath && (transport === "ws" || transport === "wss");
  const topic = pathed ? undefined : rest;
  return {
    transport,
    host: host!.replace(/^\[|\]$/g, ""),
    port: port === undefined ? undefined : wholeNumber("the port of the URL", port, 1, 65_535),
    path: pathed ? `/${rest ?? ""}` : "/mqtt",
    username: who === undefined ? undefined : decoded(colon < 0 ? who : who.slice(0, colon)),
    password: who === undefined || colon < 0 ? undefined : decoded(who.slice(colon + 1)),
    topic: topic === "" ? undefined : topic,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `withTopic`: the command has no topics but those of its URL and of -t. */
export function destinationOf(given: OwnGiven, withTopic: boolean): Destination {
  const url = given.last("url");
  const from = url === undefined ? undefined : readUrl(url, !withTopic || given.has("topic"));
  const username = given.last("username") ?? from?.username ?? null;
  return {
    target: targetOf(given, from),
    username,
    password: passwordOf(given, from?.password),
    topic: from?.topic,
  };
}

function targetOf(given: OwnGiven, from: FromUrl | undefined): Target {
  const tls = tlsOf(given);
  const unix = given.last("unix");
  const bind = given.last("bind");
  const common = { ...(bind === undefined ? {} : { bind }), ...(tls === undefined ? {} : { tls }) };
  if (unix !== undefined) return { transport: "unix", host: "", port: 0, path: unix, ...common };
  const secure = tls !== undefined;
  const web = given.has("ws");
  const transport = from === undefined
    ? web ? (secure ? "wss" : "ws") : secure ? "tls" : "tcp"
    : web && from.transport === "tcp"
    ? "ws"
    : web && from.transport === "tls"
    ? "wss"
    : from.transport;
  const port = given.last("port");
  const usual = web && !secure && from === undefined ? OWN_WS_PORT : PORTS[transport];
  return {
    transport,
    host: given.last("host") ?? from?.host ?? "localhost",
    port: port === undefined ? from?.port ?? usual : wholeNumber("-p", port, 1, 65_535),
    path: from?.path ?? "/mqtt",
    ...common,
  };
}

/** Undefined: nothing is said of TLS. */
function tlsOf(given: OwnGiven): TlsChoice | undefined {
  const [cafile, capath, cert, key] = ["cafile", "capath", "cert", "key"].map((name) => given.last(name));
  const version = given.last("tls-version");
  const [alpn, ciphers] = [given.last("tls-alpn"), given.last("ciphers")];
  const names = ["cafile", "capath", "cert", "key", "tls-version", "tls-alpn", "ciphers", "tls-use-os-certs"];
  if (![...names, "insecure"].some((name) => given.has(name))) return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError("Options --cert and --key belong together, expected both or none");
  }
  const ca = [
    ...(cafile === undefined ? [] : [read("--cafile", cafile)]),
    ...(capath === undefined ? [] : folder(capath)),
  ];
  return {
    ...(ca.length === 0 ? {} : { ca }),
    ...(cert === undefined ? {} : { cert: read("--cert", cert), key: read("--key", key!) }),
    ...(given.has("insecure") ? { insecure: true } : {}),
    ...(version === undefined ? {} : { version: tlsVersion(version) }),
    ...(alpn === undefined ? {} : { alpn }),
    ...(ciphers === undefined ? {} : { ciphers }),
  };
}

function tlsVersion(text: string): "TLSv1.2" | "TLSv1.3" {
  if (/^tlsv1\.2$/i.test(text)) return "TLSv1.2";
  if (/^tlsv1\.3$/i.test(text)) return "TLSv1.3";
  throw new UsageError(`Cannot use ${quote(text)} as --tls-version, expected tlsv1.2 or tlsv1.3`);
}

function folder(path: string): string[] {
  return attempt("--capath", path, () => readdirSync(path))
    .filter((name) => /\.(?:pem|crt|\d+)$/.test(name))
    .map((name) => read("--capath", join(path, name)));
}

function read(option: string, path: string): string {
  return attempt(option, path, () => readFileSync(path, "utf8"));
}

function attempt<T>(option: string, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw new CodedError("file-not-readable", `Cannot read ${quote(path)} of ${option}: ${textOf(error)}`);
  }
}

/** What is said on the command line goes before files, and those before the environment. */
function passwordOf(given: OwnGiven, fromUrl: string | undefined): Uint8Array | null {
  const encoder = new TextEncoder();
  const said = given.last("pw") ?? fromUrl;
  if (said !== undefined) return encoder.encode(said);
  const file = given.last("password-file");
  if (file === undefined) {
    const variable = environment("COMQTT_PASSWORD");
    return variable === undefined || variable === "" ? null : encoder.encode(variable);
  }
  const bytes = attempt("--password-file", file, () => new Uint8Array(readFileSync(file)));
  const end = bytes.indexOf(10);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}
