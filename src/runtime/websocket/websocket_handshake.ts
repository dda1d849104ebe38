/** The opening handshake of RFC 6455 section 4.2: one HTTP/1.1 request, answered once. */

import { createHash } from "node:crypto";

/** The longest request head that is read; what comes longer is refused. */
export const longestHead: number = 8192;

export interface HandshakeRules {
  /** Null: any path. */
  readonly path: string | null;
  /** Refuse clients that offer no MQTT subprotocol. */
  readonly requireSubprotocol: boolean;
  /** May a page of that origin connect? `host`: what the client calls us. Null: there is no such header. */
  admits(origin: string | null, host: string | null, remoteAddress: string): boolean;
}

export interface Answer {
  readonly accepted: boolean;
  readonly bytes: Uint8Array;
  /** Why not, in the words of the answer; empty: it is accepted, or that was said already. */
  readonly why: string;
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
    return refuse("400 Bad Request", "This is not an HTTP/1.1 request");
  }
  const headers = parseHeaders(lines);
  if (headers === null) return refuse("400 Bad Request", "A header line is malformed");
  if (method !== "GET") return refuse("405 Method Not Allowed", "Only GET is accepted", ["Allow: GET"]);
  const path = target.split("?", 1)[0];
  if (rules.path !== null && path !== rules.path) {
    return refuse("404 Not Found", "MQTT over WebSocket is served at another path");
  }
  return answerUpgrade(headers, rules, remoteAddress);
}

function answerUpgrade(headers: Map<string, string>, rules: HandshakeRules, remoteAddress: string): Answer {
  const key = headers.get("sec-websocket-key") ?? "";
  if (!hasToken(headers.get("upgrade"), "websocket") || !hasToken(headers.get("connection"), "upgrade")) {
    return refuse("426 Upgrade Required", "This port speaks MQTT over WebSocket, subprotocol mqtt", upgrade);
  }
  if (headers.get("sec-websocket-version") !== "13") {
    return refuse("426 Upgrade Required", "Only WebSocket version 13 is accepted", upgrade);
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key)) return refuse("400 Bad Request", "Sec-WebSocket-Key is malformed");
  if (!rules.admits(headers.get("origin") ?? null, headers.get("host") ?? null, remoteAddress)) {
    // (Who admits them has said why not.)
    return { ...refuse("403 Forbidden", "Pages of this origin may not connect to this broker"), why: "" };
  }
  const offered = tokens(headers.get("sec-websocket-protocol"));
  const protocol = subprotocols.find((name) => offered.includes(name));
  if (protocol === undefined && (rules.requireSubprotocol || offered.length > 0)) {
    return refuse("400 Bad Request", "The WebSocket subprotocol mqtt must be offered");
  }
  const accept = createHash("sha1").update(key + acceptGuid).digest("base64");
  const extra = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
  if (protocol !== undefined) extra.push(`Sec-WebSocket-Protocol: ${protocol}`);
  return { accepted: true, bytes: encode("101 Switching Protocols", extra, ""), why: "" };
}

const upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13"];

/** What is sent when the head is longer than `longestHead`. */
export function headTooLong(): Answer {
  return refuse("431 Request Header Fields Too Large", "The request head is too long");
}

/** What is sent to whom begins with that byte; null: it may be a request, which begins with a letter. */
export function notARequest(first: number): Answer | null {
  if ((first >= 0x41 && first <= 0x5a) || first === 13 || first === 10) return null;
  const what = first === 0x10
    ? "This port speaks MQTT over WebSocket, and what came is plain MQTT"
    : first === 0x16
    ? "This port speaks WebSocket without TLS, and what came is TLS"
    : "This is not an HTTP/1.1 request";
  return refuse("400 Bad Request", what);
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

function refuse(status: string, text: string, extra: string[] = []): Answer {
  const connection = extra === upgrade ? "Connection: Upgrade, close" : "Connection: close";
  return {
    accepted: false,
    bytes: encode(status, [connection, ...extra], `${text}\n`),
    why: `${status}: ${text}`,
  };
}

function encode(status: string, headers: string[], body: string): Uint8Array {
  const lines = [`HTTP/1.1 ${status}`, ...headers];
  if (body !== "") lines.push("Content-Type: text/plain; charset=utf-8", `Content-Length: ${body.length}`);
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
