/** The opening handshake of RFC 6455 section 4.2: one HTTP/1.1 request, answered once. */

import { createHash } from "node:crypto";
import { forwardedFor, type ForwardedRules } from "../proxy/forwarded.ts";

/** The longest request head that is read; what comes longer is refused. */
export const longestHead: number = 8192;

export interface HandshakeRules {
  /** Those that are served, without query. Null: any. */
  readonly paths: readonly string[] | null;
  /** Refuse clients that offer no MQTT subprotocol. */
  readonly requireSubprotocol: boolean;
  /** May a page of that origin connect? `host`: what the client calls us. Null: there is no such header. */
  admits(origin: string | null, host: string | null, remoteAddress: string): boolean;
  /** Whose word about where clients are is taken; null: nobody's. */
  readonly forwarded: ForwardedRules | null;
}

export interface Answer {
  readonly accepted: boolean;
  readonly bytes: Uint8Array;
  /** Why not, in the words of the answer; empty: it is accepted, or that was said already. */
  readonly why: string;
  /** Where the client is: `remoteAddress`, or what a trusted proxy says. */
  readonly client: string;
}

/** In the order of preference [MQTT-6.0.0-4]; the second is what MQTT 3.1 clients offer. */
const subprotocols = ["mqtt", "mqttv3.1"];
const acceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Where the request head ends, counted from its start and including the empty line; -1: not yet complete. */
export function headEnd(bytes: Uint8Array, length: number, searchFrom: number): number {
  for (let i = Math.max(3, searchFrom); i < length; i++) {
    if (bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10 && bytes[i - 3] === 13) return i + 1;
  }
  return -1;
}

export function answerHandshake(head: Uint8Array, rules: HandshakeRules, remoteAddress: string): Answer {
  const lines = new TextDecoder("latin1").decode(head).split("\r\n");
  const [method, target, version] = (lines[0] ?? "").split(" ");
  if (method === undefined || target === undefined || version !== "HTTP/1.1") {
    return refuse("400 Bad Request", "This is not an HTTP/1.1 request", remoteAddress);
  }
  const headers = parseHeaders(lines);
  if (headers === null) return refuse("400 Bad Request", "A header line is malformed", remoteAddress);
  const client = clientOf(headers, rules, remoteAddress);
  if (method !== "GET") {
    return refuse("405 Method Not Allowed", "Only GET is accepted", client, ["Allow: GET"]);
  }
  const path = target.split("?", 1)[0];
  if (rules.paths !== null && !rules.paths.includes(path!)) {
    return refuse("404 Not Found", "MQTT over WebSocket is served at another path", client);
  }
  return answerUpgrade(headers, rules, client);
}

function clientOf(headers: Map<string, string>, { forwarded }: HandshakeRules, peer: string): string {
  if (forwarded === null) return peer;
  return forwardedFor(peer, headers.get(forwarded.header.toLowerCase()) ?? null, forwarded);
}

function answerUpgrade(headers: Map<string, string>, rules: HandshakeRules, client: string): Answer {
  const key = headers.get("sec-websocket-key") ?? "";
  if (!hasToken(headers.get("upgrade"), "websocket") || !hasToken(headers.get("connection"), "upgrade")) {
    return refuse(
      "426 Upgrade Required",
      "This port speaks MQTT over WebSocket, subprotocol mqtt",
      client,
      upgrade,
    );
  }
  if (headers.get("sec-websocket-version") !== "13") {
    return refuse("426 Upgrade Required", "Only WebSocket version 13 is accepted", client, upgrade);
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) {
    return refuse("400 Bad Request", "Sec-WebSocket-Key is malformed", client);
  }
  if (!rules.admits(headers.get("origin") ?? null, headers.get("host") ?? null, client)) {
    // (Who admits them has said why not.)
    return {
      ...refuse("403 Forbidden", "Pages of this origin may not connect to this broker", client),
      why: "",
    };
  }
  const offered = tokens(headers.get("sec-websocket-protocol"));
  const protocol = subprotocols.find((name) => offered.includes(name));
  if (protocol === undefined && (rules.requireSubprotocol || offered.length > 0)) {
    return refuse("400 Bad Request", "The WebSocket subprotocol mqtt must be offered", client);
  }
  const accept = createHash("sha1").update(key + acceptGuid).digest("base64");
  const extra = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
  if (protocol !== undefined) extra.push(`Sec-WebSocket-Protocol: ${protocol}`);
  return { accepted: true, bytes: encode("101 Switching Protocols", extra, ""), why: "", client };
}

const upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13"];

/** What is sent when the head is longer than `longestHead`. */
export function headTooLong(client: string): Answer {
  return refuse("431 Request Header Fields Too Large", "The request head is too long", client);
}

/** What is sent to whom begins with that byte; null: it may be a request, which begins with a letter. */
export function notARequest(first: number, client: string): Answer | null {
  if ((first >= 0x41 && first <= 0x5a) || first === 13 || first === 10) return null;
  const what = first === 0x10
    ? "This port speaks MQTT over WebSocket, and what came is plain MQTT"
    : first === 0x16
    ? "This port speaks WebSocket without TLS, and what came is TLS"
    : "This is not an HTTP/1.1 request";
  return refuse("400 Bad Request", what, client);
}

function parseHeaders(lines: string[]): Map<string, string> | null {
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    if (line === "") break;
    const colon = line.indexOf(":");
    if (colon < 1 || /\s/.test(line.slice(0, colon))) return null;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function tokens(value: string | undefined): string[] {
  return (value ?? "").split(",").map((token) => token.trim()).filter((token) => token !== "");
}

function hasToken(value: string | undefined, token: string): boolean {
  return tokens(value?.toLowerCase()).includes(token);
}

function refuse(status: string, text: string, client: string, extra: string[] = []): Answer {
  const connection = extra === upgrade ? "Connection: Upgrade, close" : "Connection: close";
  return {
    accepted: false,
    bytes: encode(status, [connection, ...extra], `${text}\n`),
    why: `${status}: ${text}`,
    client,
  };
}

function encode(status: string, headers: string[], body: string): Uint8Array {
  const lines = [`HTTP/1.1 ${status}`, ...headers];
  if (body !== "") lines.push("Content-Type: text/plain; charset=utf-8", `Content-Length: ${body.length}`);
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
