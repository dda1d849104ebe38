/** What somebody speaks who does not speak MQTT: the most common mistakes have a name. */

import type { Cause } from "./cause.ts";

const METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT", "PRI"];
/** Of the PROXY protocol, versions 1 and 2. */
const PROXY = ["PROXY ", "\r\n\r\n\0\r\nQUIT\n"];
const TLS_HANDSHAKE = 0x16;
/** So many bytes are shown. */
const SHOWN = 8;
const MOST = 16;

/** `bytes[at, end)`: the first that came, no CONNECT. */
export function notMqtt(bytes: Uint8Array, at: number, end: number): Cause {
  const first = bytes.subarray(at, Math.min(end, at + MOST));
  if (first[0] === TLS_HANDSHAKE && first[1] === 3) {
    return {
      code: "tls-on-mqtt-port",
      detail: "this listener has no certificate, a listener with TLS is needed",
    };
  }
  const text = String.fromCharCode(...first);
  if (METHODS.some((method) => text.startsWith(`${method} `))) {
    return { code: "http-on-mqtt-port", detail: "a WebSocket or HTTP listener is needed" };
  }
  if (PROXY.some((start) => text.startsWith(start))) {
    return { code: "not-mqtt", detail: "it begins with the PROXY protocol, which is not spoken here" };
  }
  const shown = [...first.subarray(0, SHOWN)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return { code: "not-mqtt", detail: `it begins with the bytes ${shown}, and not with CONNECT` };
}
